import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** In memory, as all of /run. */
const folder = '/run/ignition'

/** Gives a key to a program that reads it from a file only, for as long as `use` runs. */
export async function withKeyFile<Result>(
  key: Uint8Array,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  const file = join(folder, `luks-${process.pid}.key`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, key, { mode: 0o600, flag: 'wx' })
    return await use(file)
  } finally {
    rmSync(file, { force: true })
  }
}
