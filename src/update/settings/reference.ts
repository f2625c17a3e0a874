import { fieldTable } from '../../checked-yaml/reference.ts'
import { updateFileSchema } from './schema.ts'

/** The page docs/reference/update-settings.md. */
export function updateSettingsReference(): string {
  return `${introduction}\n${fieldTable(updateFileSchema)}`
}

const introduction = `# Update settings

Generated from \`src/update/settings/schema.ts\`; do not edit.

\`/etc/slipway/update.yaml\`, in YAML 1.2 without anchors and tags. Without this file the host looks for no
releases: it contacts nobody unasked. An image may bring one in its \`/etc\`; a file made on the host wins.

Every mistake is reported at once, one per line, as \`file:line:column: field: what was expected\`. A file with
mistakes changes nothing on the host: no update is taken until it is right.

[The guide](../guides/update-settings.md) has examples.

## Fields
`
