import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Entry, mergeUsr } from './entry.ts'

const UNIT =
  /^\/usr\/lib\/systemd\/system\/[^/]+\.(service|socket|timer|path|mount|automount|target|slice)$/

/**
 * Paths of units that would fail for want of their program, of sockets, timers and paths that start
 * such a unit, and of links that would pull one of them in.
 */
export async function orphanedUnits(entries: readonly Entry[]): Promise<ReadonlySet<string>> {
  const present = new Set(entries.map((entry) => entry.path))
  const units = entries.filter((entry) => UNIT.test(entry.path))
  const orphans = new Set<string>()
  for (const unit of units.filter(({ type }) => type === 'file'))
    if (lacksProgram(await readFile(unit.source, 'utf8'), present)) orphans.add(unit.path)
  for (const unit of units) if (startsOrphan(unit, present, orphans)) orphans.add(unit.path)
  for (const entry of entries) {
    if (entry.type !== 'link' || !entry.path.startsWith('/usr/lib/systemd/system/')) continue
    const target = basename(entry.target ?? '')
    if (orphans.has(`/usr/lib/systemd/system/${target}`)) orphans.add(entry.path)
  }
  for (const entry of entries)
    if (orphans.has(dirname(entry.path).replace(/\.d$/, ''))) orphans.add(entry.path)
  return orphans
}

function lacksProgram(text: string, present: ReadonlySet<string>): boolean {
  const commands = [...text.matchAll(/^Exec(?:Start|Condition)=([-@:+!|]*)(\S+)/gm)]
  return commands.some(([, prefix = '', program = '']) => {
    if (prefix.includes('-') || program.startsWith('%')) return false
    const path = program.startsWith('/') ? mergeUsr(program) : join('/usr/bin', program)
    return !present.has(path)
  })
}

/** A socket, timer or path unit without the service of its name starts nothing. */
function startsOrphan(
  unit: Entry,
  present: ReadonlySet<string>,
  orphans: ReadonlySet<string>,
): boolean {
  const match = /^(.*)\.(socket|timer|path)$/.exec(unit.path)
  if (!match) return false
  const stem = match[1]
  const candidates = [`${stem}.service`, `${stem}@.service`]
  const service = candidates.find((path) => present.has(path))
  if (service === undefined) {
    // systemd-journald-dev-log.socket and its like name their service inside.
    return !/journald|udevd|networkd|resolved/.test(unit.path)
  }
  return orphans.has(service)
}
