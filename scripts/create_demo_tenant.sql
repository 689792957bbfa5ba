-- Makes the tenant of the playground: DEFAULT_TENANT_ID. Can be run again.
INSERT INTO public.tenants (id, name, domain, status, settings)
VALUES ('demo', 'Demo', NULL, 'active', '{"plan": "demo"}'::jsonb)
ON CONFLICT (id) DO NOTHING;
