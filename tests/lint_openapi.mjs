// node tests/lint_openapi.mjs FILE: what Redocly's recommended rules say of an OpenAPI document. The
// package comes with the dashboard's generator of types, so it is looked for there.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../web/package.json', import.meta.url))
const { lint, loadConfig } = createRequire(require.resolve('openapi-typescript'))('@redocly/openapi-core')
const config = await loadConfig({ rawConfig: { extends: ['recommended'] } })
const problems = await lint({ ref: process.argv[2], config })
for (const { severity, ruleId, message, location } of problems) {
    console.log(`${severity}: ${ruleId}: ${message} ${location[0].pointer ?? ''}`)
}
process.exit(problems.some(({ severity }) => severity === 'error') ? 1 : 0)
