import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apparmorPolicyStage } from '../apparmor-policy.ts'
import type { Result } from '../stage.ts'

/** Compiles a profile as the build does, within an empty directory that is not there yet. */
export async function compiledPolicy(
  tools: Result<'trees', null>,
  profile: string,
  directory: string,
): Promise<Buffer> {
  const [results, scratch] = [join(directory, 'result'), join(directory, 'scratch')]
  await mkdir(results, { recursive: true })
  await mkdir(scratch)
  const { signal } = new AbortController()
  const work = { directory: results, scratch, signal, progress: () => {} }
  await apparmorPolicyStage.run({ tools, profile }, work)
  return await readFile(join(results, apparmorPolicyStage.files.policy))
}
