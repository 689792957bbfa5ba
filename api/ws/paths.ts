/** The paths of the door without their last slash, the one to be used first. @param prefix API_V1_STR */
export function listPaths(prefix: string): readonly string[] {
  return [`${prefix}/ws/chat`, `${prefix}/ws`, "/ws", "/api/ws"];
}
