/** What systemd counted of a turn of the update agent. */
export type Turn = {
  readonly tookMs: number
  readonly cpuMs: number
  /** Page cache included, as the unit's control group counts it. */
  readonly memoryPeakBytes: number
}

const properties = [
  'CPUUsageNSec',
  'MemoryPeak',
  'ExecMainStartTimestampMonotonic',
  'ExecMainExitTimestampMonotonic',
] as const

/** Reads the counts of the last turn; `host` runs a script on the host. */
export async function readTurn(host: (script: string) => Promise<string>): Promise<Turn> {
  return parseTurn(await host(`systemctl show --property=${properties} slipway-update.service`))
}

/** Reads what `systemctl show` prints of the unit. Throws a TypeError for what is no count. */
export function parseTurn(text: string): Turn {
  const value = (name: (typeof properties)[number]) => {
    const found = new RegExp(`^${name}=(\\d+)$`, 'm').exec(text)?.[1]
    if (found === undefined) throw new TypeError(`the unit has no count for ${name}:\n${text}`)
    return Number(found)
  }
  const tookUs = value('ExecMainExitTimestampMonotonic') - value('ExecMainStartTimestampMonotonic')
  return {
    tookMs: tookUs / 1000,
    cpuMs: value('CPUUsageNSec') / 1e6,
    memoryPeakBytes: value('MemoryPeak'),
  }
}
