"""Rule sets as they are published, straight into the tables that nodes read."""

import json

ON_OFF = [{"key": "on", "value": True}, {"key": "off", "value": False}]


def flag(key, enabled=True, variants=None, type="bool", rules=(), fallthrough="off", **more):
    return {"key": key, "type": type, "variants": variants or ON_OFF, "enabled": enabled, "salt": "k3x9f2ab:",
            "bucket_by": ["user_id", "device_id"], "rules": list(rules), "fallthrough": {"variant": fallthrough} if isinstance(fallthrough, str) else fallthrough,
            **more}


def rule(id, clauses=(), serve="on", **more):
    clauses = [{"attribute": attribute, "op": op, "values": list(values)} for attribute, op, values in clauses]
    return {"id": id, "name": id, "enabled": True, "if": clauses, "serve": {"variant": serve}, **more}


def publish(platform, *flags, environment="production", notify=True):
    """Its version. One transaction, as the room of settings does it."""
    version = 1 + int(platform.sql(f"SELECT version FROM flag_environments WHERE key = '{environment}'"))
    document = json.dumps({"environment": environment, "version": version, "flags": list(flags), "segments": []})
    quoted = document.replace("'", "''")
    news = f"SELECT pg_notify('acme_flags', '{environment}:{version}');" if notify else ""
    platform.sql(f"""
        BEGIN;
        INSERT INTO flag_rulesets (environment_id, version, etag, payload, created_by)
        SELECT id, {version}, 'e{version}', convert_to('{quoted}', 'UTF8'), 'test' FROM flag_environments
        WHERE key = '{environment}';
        UPDATE flag_environments SET version = {version} WHERE key = '{environment}';
        {news}
        COMMIT;""")
    return version
