/** What one look at a container brings. */
export type Look = {
  readonly id: string
  readonly name: string
  /** Docker's words: `Up 3 minutes (healthy)`. */
  readonly status: string
  readonly restarts: number
  /** Empty without a health check. */
  readonly health: string
  readonly cpuNs: number
  /** Of all processors together. */
  readonly hostCpuNs: number
  readonly processors: number
  /** Undefined where the kernel does not count it. */
  readonly memoryBytes: number | undefined
  readonly memoryLimitBytes: number | undefined
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly processes: number | undefined
  readonly atMs: number
}

/** A container as it is shown; rates are since the look before, and undefined at the first. */
export type Row = {
  readonly id: string
  readonly name: string
  /** 100 is one processor, as in Docker. */
  readonly cpuPercent: number | undefined
  readonly memoryBytes: number | undefined
  readonly memoryLimitBytes: number | undefined
  readonly receivedBytesPerSecond: number | undefined
  readonly sentBytesPerSecond: number | undefined
  readonly processes: number | undefined
  readonly restarts: number
  readonly health: string
  readonly status: string
}

/** Rows with the busiest container first. */
export function rowsOf(looks: readonly Look[], before: readonly Look[]): Row[] {
  const byId = new Map(before.map((look) => [look.id, look]))
  return looks
    .map((look) => rowOf(look, byId.get(look.id)))
    .sort((a, b) => (b.cpuPercent ?? 0) - (a.cpuPercent ?? 0) || (a.name < b.name ? -1 : 1))
}

function rowOf(look: Look, before: Look | undefined): Row {
  // A counter that has gone back is that of another run.
  const rate = (of: (one: Look) => number, per: (one: Look) => number) => {
    if (before === undefined || of(look) < of(before) || per(look) <= per(before)) return undefined
    return (of(look) - of(before)) / (per(look) - per(before))
  }
  const cpu = rate(
    (one) => one.cpuNs,
    (one) => one.hostCpuNs,
  )
  const seconds = (one: Look) => one.atMs / 1000
  const { id, name, status, restarts, health, memoryBytes, memoryLimitBytes, processes } = look
  return {
    id,
    name,
    cpuPercent: cpu === undefined ? undefined : cpu * look.processors * 100,
    memoryBytes,
    memoryLimitBytes,
    receivedBytesPerSecond: rate((one) => one.receivedBytes, seconds),
    sentBytesPerSecond: rate((one) => one.sentBytes, seconds),
    processes,
    restarts,
    health,
    status,
  }
}

const header = [
  'NAME',
  'CPU',
  'MEMORY',
  'LIMIT',
  'RECEIVED',
  'SENT',
  'PIDS',
  'RESTARTS',
  'HEALTH',
  'STATUS',
]

/** Header and rows as cells of text. */
export function cellsOf(rows: readonly Row[]): string[][] {
  return [
    header,
    ...rows.map((row) => [
      row.name,
      row.cpuPercent === undefined ? '-' : `${row.cpuPercent.toFixed(1)} %`,
      bytes(row.memoryBytes),
      bytes(row.memoryLimitBytes),
      row.receivedBytesPerSecond === undefined ? '-' : `${bytes(row.receivedBytesPerSecond)}/s`,
      row.sentBytesPerSecond === undefined ? '-' : `${bytes(row.sentBytesPerSecond)}/s`,
      String(row.processes ?? '-'),
      String(row.restarts),
      row.health === '' ? '-' : row.health,
      row.status,
    ]),
  ]
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

function bytes(count: number | undefined): string {
  if (count === undefined) return '-'
  let value = count
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}
