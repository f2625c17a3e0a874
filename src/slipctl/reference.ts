import { usage } from './main.ts'
import { updateUsage } from './update/main.ts'

/** The page `docs/reference/slipctl.md`: what `--help` says, with where to read on. */
export function slipctlReference(): string {
  return `# slipctl

Generated from what \`slipctl --help\` prints.

The host's own client: it asks the supervisor and the update agent over their sockets and files, and is root's. A host
has no shell to call it from: units of its config do, as [the guide to debugging](../guides/debug-a-host.md) shows.
What Docker has a word for, \`docker\` does [from the laptop](../guides/remote-docker.md).

\`\`\`text
${usage}\`\`\`

## slipctl update

What the words mean is in [the guide on update servers](../guides/update-server.md), what a host does by itself in
[its state machine](../update-state-machine.md), and its settings in [update-settings.md](update-settings.md).

\`\`\`text
${updateUsage}\`\`\`
`
}
