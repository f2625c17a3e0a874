import { accountProblems } from './accounts.ts'
import type { ProblemDefinition } from './definition.ts'
import { diskProblems } from './disks.ts'
import { documentProblems, versionProblems } from './document.ts'
import { luksProblems } from './luks.ts'
import { nodeProblems } from './nodes.ts'
import { resourceProblems } from './resources.ts'
import { systemdProblems } from './systemd.ts'

/** Every kind of problem, by its code; the topics are those of the reference page. */
export const topics = {
  'The document': documentProblems,
  'The version': versionProblems,
  'What is fetched': resourceProblems,
  'Files, directories and links': nodeProblems,
  'Disks, arrays and filesystems': diskProblems,
  'Encrypted volumes': luksProblems,
  'systemd units': systemdProblems,
  'Users and groups': accountProblems,
}

export type ProblemCode = {
  [Topic in keyof typeof topics]: keyof (typeof topics)[Topic]
}[keyof typeof topics]

/** The definition of each code. */
export const catalogue: Readonly<Record<ProblemCode, ProblemDefinition>> = {
  ...documentProblems,
  ...versionProblems,
  ...resourceProblems,
  ...nodeProblems,
  ...diskProblems,
  ...luksProblems,
  ...systemdProblems,
  ...accountProblems,
}
