/** How a guest tells its memory: a unit that prints to the console every few seconds, from /proc. */

/** One report, in bytes. */
export type MemoryReport = {
  /** MemTotal less MemAvailable. */
  readonly usedBytes: number
  /** Of the processes in the service asked for, where it exists. */
  readonly service?: ServiceMemory
}

/** Proportional set size, the part of it that no file backs, and resident set size (proc_pid_smaps(5)). */
export type ServiceMemory = {
  readonly pssBytes: number
  readonly anonymousBytes: number
  readonly rssBytes: number
}

const prefix = 'bench-memory'

/** The last line of each report. */
export const memoryReportEnd = new RegExp(`${prefix} end`)

/**
 * A shell script that reports without end. `sleep` is the command for it; all else is the shell's own, so
 * that measuring adds no processes to what it measures.
 */
export function memoryScript(service: string, sleep: string): string {
  const processes = `/sys/fs/cgroup/system.slice/${service}/cgroup.procs`
  return `report() {
  echo '${prefix} begin'
  while read -r name value unit; do
    case $name in MemTotal:|MemAvailable:) echo "${prefix} host $name $value" ;; esac
  done </proc/meminfo
  [ -e ${processes} ] && while read -r process; do
    while read -r name value unit; do
      case $name in Pss:|Pss_Anon:|Rss:) echo "${prefix} service $name $value" ;; esac
    done <"/proc/$process/smaps_rollup"
  done <${processes}
  echo '${prefix} end'
}
while :; do
  report >/dev/console
  ${sleep} 5
done
`
}

/** The unit that runs the script; `command` is the shell with it. */
export function memoryUnit(command: string): string {
  return `[Unit]\nDescription=Report the memory\n\n[Service]\nType=exec\nExecStart=${command}\n\n[Install]\nWantedBy=multi-user.target\n`
}

/** Reads the last whole report of a console's lines; undefined when there is none. */
export function lastMemoryReport(lines: readonly string[]): MemoryReport | undefined {
  const end = lines.findLastIndex((line) => line.includes(`${prefix} end`))
  const begin = lines
    .slice(0, Math.max(end, 0))
    .findLastIndex((line) => line.includes(`${prefix} begin`))
  if (begin < 0) return undefined
  const report = lines.slice(begin, end)
  const host = (name: string) => sum(report, `host ${name}`)
  const [total, available] = [host('MemTotal'), host('MemAvailable')]
  if (total === undefined || available === undefined) return undefined
  const service = serviceMemory(report)
  return { usedBytes: total - available, ...(service && { service }) }
}

function serviceMemory(report: readonly string[]): ServiceMemory | undefined {
  const of = (name: string) => sum(report, `service ${name}`)
  const [pssBytes, anonymousBytes, rssBytes] = [of('Pss'), of('Pss_Anon'), of('Rss')]
  if (pssBytes === undefined || anonymousBytes === undefined || rssBytes === undefined)
    return undefined
  return { pssBytes, anonymousBytes, rssBytes }
}

/** The kernel counts in units of 1024 bytes. */
function sum(lines: readonly string[], name: string): number | undefined {
  const pattern = new RegExp(`${prefix} ${name}: (\\d+)`)
  const values = lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])
  return values.length === 0
    ? undefined
    : values.reduce((total, value) => total + Number(value) * 1024, 0)
}
