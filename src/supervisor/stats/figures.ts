/** What a container uses, summed up since it began to run. */
export type Figures = {
  readonly at: Date
  readonly cpu: CpuFigures
  /** Undefined where the kernel does not count memory by cgroup. */
  readonly memory: MemoryFigures | undefined
  readonly blocks: readonly BlockFigures[]
  /** Undefined where the kernel does not count processes by cgroup. */
  readonly processes: { readonly current: number; readonly limit: number | undefined } | undefined
  /** By interface; none of a container in the host's network. */
  readonly networks: Readonly<Record<string, NetworkFigures>>
}

export type CpuFigures = {
  readonly totalNs: number
  readonly userNs: number
  readonly kernelNs: number
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledNs: number
  /** Of the whole host, all processors together. */
  readonly hostNs: number
}

export type MemoryFigures = {
  readonly usedBytes: number
  readonly limitBytes: number
  /** Every line of memory.stat. */
  readonly details: Readonly<Record<string, number>>
}

export type BlockFigures = {
  readonly major: number
  readonly minor: number
  readonly readBytes: number
  readonly writtenBytes: number
}

export type NetworkFigures = {
  readonly receivedBytes: number
  readonly receivedPackets: number
  readonly receiveErrors: number
  readonly receiveDropped: number
  readonly sentBytes: number
  readonly sentPackets: number
  readonly sendErrors: number
  readonly sendDropped: number
}

/** Lines of a name and a number, as cpu.stat and memory.stat have them. */
export function namedNumbers(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split(' '))
      .filter((parts) => parts.length === 2)
      .map(([name = '', value]) => [name, Number(value)]),
  )
}

/** The figures of cpu.stat; what the kernel does not count is 0. */
export function cpuFigures(cpuStat: string, hostNs: number): CpuFigures {
  const of = namedNumbers(cpuStat)
  const ns = (name: string) => (of[name] ?? 0) * 1000
  return {
    totalNs: ns('usage_usec'),
    userNs: ns('user_usec'),
    kernelNs: ns('system_usec'),
    periods: of.nr_periods ?? 0,
    throttledPeriods: of.nr_throttled ?? 0,
    throttledNs: ns('throttled_usec'),
    hostNs,
  }
}

/** USER_HZ, which is 100 on every architecture that we run on. */
const nsPerTick = 10_000_000
/** user, nice, system, idle, iowait, irq, softirq, steal: guests are in user already. */
const countedColumns = 8

/** The time of all processors together, busy and idle, from /proc/stat. */
export function hostCpuNs(procStat: string): number {
  const [, ...columns] = (/^cpu .*$/m.exec(procStat)?.[0] ?? '').split(/ +/)
  const ticks = columns.slice(0, countedColumns).reduce((sum, column) => sum + Number(column), 0)
  return ticks * nsPerTick
}

/** The lines of io.stat. */
export function blockFigures(ioStat: string): BlockFigures[] {
  return ioStat
    .split('\n')
    .map((line) => /^(\d+):(\d+) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, major, minor, rest = '']) => {
      const of = (name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(rest)?.[1] ?? 0)
      return {
        major: Number(major),
        minor: Number(minor),
        readBytes: of('rbytes'),
        writtenBytes: of('wbytes'),
      }
    })
}

/** The interfaces of /proc/PID/net/dev but the loopback. */
export function networkFigures(netDev: string): Record<string, NetworkFigures> {
  const networks: Record<string, NetworkFigures> = {}
  for (const line of netDev.split('\n').slice(2)) {
    const colon = line.lastIndexOf(':')
    const name = line.slice(0, colon).trim()
    if (colon < 0 || name === 'lo') continue
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/ +/)
      .map(Number)
    const at = (index: number) => columns[index] ?? 0
    networks[name] = {
      receivedBytes: at(0),
      receivedPackets: at(1),
      receiveErrors: at(2),
      receiveDropped: at(3),
      sentBytes: at(8),
      sentPackets: at(9),
      sendErrors: at(10),
      sendDropped: at(11),
    }
  }
  return networks
}

/** A limit of a cgroup; undefined for none. */
export function limitOf(text: string | undefined): number | undefined {
  const word = text?.trim() ?? 'max'
  return word === 'max' ? undefined : Number(word)
}
