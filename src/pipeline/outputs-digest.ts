import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { canonical, type Stage, sha256 } from './stage.ts'

/**
 * What later stages are keyed by: facts, and files by their content; folders, and all outputs of a stage
 * that says so, by the key of the run that made them.
 */
export async function outputsDigest<Inputs>(
  stage: Stage<Inputs>,
  directory: string,
  key: string,
  facts: unknown,
): Promise<string> {
  const digests: Record<string, string> = {}
  for (const [name, path] of Object.entries(stage.files)) {
    const byKey = (await stat(join(directory, path))).isDirectory() || stage.digestOf === 'inputs'
    digests[name] = byKey ? key : await fileDigest(join(directory, path))
  }
  return sha256(canonical({ digests, facts }))
}

/** SHA-256 of a file, in lower-case hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
