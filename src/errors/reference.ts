import { catalogue } from './catalogue.ts'
import type { ErrorDefinition } from './error.ts'

/** The page docs/reference/errors.md. */
export function errorReference(): string {
  const byDomain = Map.groupBy(Object.entries(catalogue), ([code]) => domainOf(code))
  const sections = [...byDomain].map(
    ([domain, errors]) => `## ${titleOf(domain)}\n\n${table(errors)}`,
  )
  return [introduction, ...sections].join('\n')
}

/** What each domain of codes is about, as the page heads it. */
const titles: Readonly<Record<string, string>> = {
  BENCH: 'Measuring',
  BUILD: 'The build',
  CLEVIS: 'Volumes that clevis’ pins open',
  CONFIG: 'Checking configs',
  DISCOVERY: 'Services and where they are known',
  ENGINE: 'Answers of the Engine API',
  FLEET: 'Servers of a fleet',
  HOST: 'The host executable',
  IGNITION: 'The first boot’s config',
  IMAGE: 'Image definitions',
  IMAGES: 'Container images and registries',
  KERNEL: 'The kernel’s configuration',
  PACKAGES: 'Debian packages',
  QEMU: 'Virtual machines',
  RELEASE: 'Releases and their keys',
  START: 'npm start',
  SUPERVISOR: 'The supervisor and its containers',
  TANG: 'Tang servers',
  TPM: 'The machine’s TPM',
  UPDATE: 'Updates of the host',
}

function domainOf(code: string): string {
  return code.split('_')[1] ?? ''
}

function titleOf(domain: string): string {
  const title = titles[domain]
  if (title === undefined) throw new Error(`the domain ${domain} has no title in the errors' page`)
  return title
}

function table(errors: readonly [code: string, definition: ErrorDefinition][]): string {
  const rows = errors.map(([code, { message, next = '', exitStatus = 1 }]) => [
    `\`${code}\``,
    message,
    next,
    String(exitStatus),
  ])
  const head = ['code', 'message', 'what to do next', 'exit status']
  return `${[head, head.map(() => '---'), ...rows].map(line).join('\n')}\n`
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(' | ')} |`
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', '<br>')
}

const introduction = `# Errors

Generated from \`src/errors/catalogue.ts\`; do not edit.

What goes wrong in a way that was foreseen has a code that does not change from release to release,
a message that says what happened, and mostly a next step. A part in braces, such as \`{file}\`, stands
for a detail. With \`--json\`, \`slipway\` prints an error as one object with \`code\`, \`message\`, \`next\` and
\`details\`. The exit status is that of the command that ends by the error.
`
