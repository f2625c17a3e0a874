import { fieldTable } from '../checked-yaml/reference.ts'
import { imageFileSchema } from './schema.ts'

/** The page docs/reference/image-definition.md. */
export function imageReference(): string {
  return `${introduction}\n${fieldTable(imageFileSchema)}`
}

const introduction = `# Image definitions

Generated from \`src/image/schema.ts\`; do not edit.

An image is defined by \`images/<name>.yaml\`, in YAML 1.2 without anchors and tags.
\`slipway build <name>\` builds it, and \`slipway image show <name>\` prints it as it is after
inheritance.

## Inheritance

\`inherits\` names one other definition. What both say is merged:

- maps merge key by key;
- a text or number of the inheriting definition wins;
- lists append what the inherited list lacks;
- a list's item \`"!name"\` drops the inherited item \`name\` (quote it: \`!\` begins a tag in YAML);
- \`null\` as the value of a map's key drops the inherited key, and as the value of a field that may
  stay absent, the inherited value.

A drop of what is not inherited is a mistake, as are a cycle and a parent that does not exist.
Defaults are filled in after merging, so a required field may come from any ancestor.

\`\`\`yaml
inherits: base
description: A host without resolved, whose containers bring their own resolver
seed: 4f7f9a52-5a3b-4a0e-9a7b-1f1d0d9d3c11
packages: ["!systemd-resolved"]
strip:
  executables:
    systemd-resolved: null
\`\`\`

## Mistakes

Every mistake of every file is reported at once, one per line, as \`file:line:column: field: what was
expected\`. An unknown key is refused with the nearest known one.

## Fields
`
