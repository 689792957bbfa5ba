-- Makes the tenant of the MIPTech company website. Can be run again: an existing one stays as it is.
--   psql -h localhost -U miptech -d miptech -f scripts/create_company_tenant.sql
-- Its schema is made and migrated at its first request.
INSERT INTO public.tenants (
    id, name, domain, status, settings
) VALUES (
    'miptech-company',
    'MIPTech Company Website',
    'miptech.ai',
    'active',
    '{
        "plan": "enterprise",
        "features": {
            "chat": true,
            "rag": true,
            "analytics": true
        },
        "limits": {
            "messages_per_day": 10000,
            "concurrent_connections": 100,
            "messages_per_minute": 60
        }
    }'::jsonb
) ON CONFLICT (id) DO NOTHING;

SELECT id, name, status, settings->'limits' AS limits
FROM public.tenants WHERE id = 'miptech-company';
