import { existsSync, readFileSync } from 'node:fs'

/** What the kernel calls this boot; undefined where /proc is not mounted. */
export function bootId(): string | undefined {
  const path = '/proc/sys/kernel/random/boot_id'
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}
