import { problemText } from '../../../checked-yaml/problem.ts'
import type { ComposeFiles } from '../compose-files.ts'
import { parseCompose } from '../parse.ts'

export const composeDirectory = '/etc/slipway/compose'

/** Files of the Compose directory by their names, in memory. */
export function filesInMemory(files: Readonly<Record<string, string>>): ComposeFiles {
  return {
    read: (path) => {
      if (!path.startsWith(`${composeDirectory}/`))
        return { kind: 'refused', reason: `it is not in the directory ${composeDirectory}` }
      const text = files[path.slice(composeDirectory.length + 1)]
      return text === undefined ? { kind: 'absent' } : { kind: 'content', bytes: Buffer.from(text) }
    },
  }
}

/** What `shop.yaml` of these files says, and what is wrong as text. */
export function parseShop(files: Readonly<Record<string, string>>, override?: string) {
  const at = (name: string) => `${composeDirectory}/${name}`
  const overrides =
    override === undefined ? [] : [{ file: at('shop.override.yaml'), text: override }]
  const { project, problems } = parseCompose(files['shop.yaml'] ?? '', at('shop.yaml'), {
    files: filesInMemory(files),
    overrides,
  })
  return { project, problems: problems.map(problemText) }
}
