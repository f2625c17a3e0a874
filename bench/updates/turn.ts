/** What systemd counted of a turn of the update agent. */
export type Turn = {
  readonly tookMs: number
  readonly cpuMs: number
  /** Page cache included, as the unit's control group counts it. */
  readonly memoryPeakBytes: number
  /** The most of its own (anonymous) memory that was seen, looked at ten times a second. */
  readonly ownMemoryPeakBytes: number
}

const properties = [
  'CPUUsageNSec',
  'MemoryPeak',
  'ExecMainStartTimestampMonotonic',
  'ExecMainExitTimestampMonotonic',
] as const

/** Has the agent take a turn now, and gives its counts; `host` runs a script on the host. */
export async function watchTurn(
  host: (script: string) => Promise<string>,
): Promise<{ turn: Turn; output: string }> {
  const output = await host(watchedCheck)
  const counts = await host(`systemctl show --property=${properties} slipway-update.service`)
  return { turn: parseTurn(`${output}\n${counts}`), output }
}

/** The control group is there only while the turn lasts. */
const watchedCheck = `
stat=/sys/fs/cgroup/system.slice/slipway-update.service/memory.stat
while sleep 0.1; do sed -n 's/^anon //p' "$stat" 2>/dev/null; done > /run/turn-memory &
watcher=$!
slipctl update check
status=$?
kill $watcher
echo "OwnMemoryPeak=$(sort -n /run/turn-memory | tail -n 1)"
exit $status
`

/**
 * Reads what was seen of its memory, and what `systemctl show` prints of the unit. Throws a TypeError for what
 * is no count.
 */
export function parseTurn(text: string): Turn {
  const value = (name: (typeof properties)[number] | 'OwnMemoryPeak') => {
    const found = new RegExp(`^${name}=(\\d+)$`, 'm').exec(text)?.[1]
    if (found === undefined) throw new TypeError(`the unit has no count for ${name}:\n${text}`)
    return Number(found)
  }
  const tookUs = value('ExecMainExitTimestampMonotonic') - value('ExecMainStartTimestampMonotonic')
  return {
    tookMs: tookUs / 1000,
    cpuMs: value('CPUUsageNSec') / 1e6,
    memoryPeakBytes: value('MemoryPeak'),
    ownMemoryPeakBytes: value('OwnMemoryPeak'),
  }
}
