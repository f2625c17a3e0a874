import { median, type Row, ratio, type Topic, type Unit, type Verdict, verdicts } from './rows.ts'
import type { Setting } from './setting.ts'

/** A whole run: where it took place, and what it found. */
export type Report = {
  readonly setting: Setting
  readonly rows: readonly Row[]
}

/** The report as JSON. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(reportFigures(report), undefined, 2)}\n`
}

/** The report with the medians and verdicts that a reader would otherwise compute. */
export function reportFigures({ setting, rows }: Report) {
  const figures = rows.map((row) => ({
    ...row,
    median: {
      ours: median(row.ours) ?? null,
      peer: median(row.peer) ?? null,
      ...(row.third !== undefined && { third: median(row.third) ?? null }),
    },
    ratio: ratio(row) ?? null,
  }))
  const aims = verdicts(rows).map(({ row, aim, actual, isReached }) => ({
    title: row.title,
    aim,
    actual,
    isReached,
  }))
  return { setting, aims, rows: figures }
}

export const topicTitles: Readonly<Record<Topic, string>> = {
  build: 'Build',
  sizes: 'Sizes',
  boot: 'Boot',
  provisioning: 'Provisioning',
  memory: 'Memory',
  updates: 'Updates',
  engine: 'Container engine',
}

/** The heads of the peers' columns, the second peer's last. */
const peers: Readonly<Record<Topic, readonly [string, third?: string]>> = {
  build: ['mkosi'],
  sizes: ['mkosi'],
  boot: ['mkosi'],
  provisioning: ['Ignition'],
  memory: ['mkosi'],
  updates: ['casync or RAUC'],
  engine: ['dockerd', 'podman'],
}

/** The report's aims and tables in Markdown, without the page around them. */
export function reportTables(rows: readonly Row[]): string {
  const reached = verdicts(rows)
  const topics = (Object.keys(topicTitles) as Topic[]).filter((topic) =>
    rows.some((row) => row.topic === topic),
  )
  return [
    ...(reached.length > 0 ? [`## Aims\n\n${reached.map(aimLine).join('\n')}\n`] : []),
    ...topics.map((topic) => topicTable(topic, rows)),
  ].join('\n')
}

function aimLine({ row, aim, actual, isReached }: Verdict): string {
  const [wanted, found] =
    'share' in aim
      ? [`at most ${percent(aim.share)} of ${peers[row.topic][0]}'s`, percent(actual)]
      : [`at most ${quantity(aim.limit, row.unit)}`, quantity(actual, row.unit)]
  return `- ${row.title}: ${wanted}. **${isReached ? 'Reached' : 'Not reached'}** (${found}).`
}

function topicTable(topic: Topic, rows: readonly Row[]): string {
  const [peer, third] = peers[topic]
  const lines = rows
    .filter((row) => row.topic === topic)
    .map((row) => {
      const share = ratio(row)
      const ours = row.missing ?? cell(row.ours, row.unit)
      const cells = [row.title, ours, cell(row.peer, row.unit)]
      const last = third === undefined ? [] : [cell(row.third ?? [], row.unit)]
      return `| ${[...cells, share === undefined ? '' : percent(share), ...last].join(' | ')} |`
    })
  const heads = ['Slipway', peer, 'share', ...(third === undefined ? [] : [third])]
  const rule = ['---', ...heads.map(() => '---:')].join(' | ')
  const head = `| ${[topicTitles[topic], ...heads].join(' | ')} |\n| ${rule} |`
  return `## ${topicTitles[topic]}\n\n${head}\n${lines.join('\n')}\n`
}

/** The median, and the extremes where there are several samples. */
function cell(samples: readonly number[], unit: Unit): string {
  const middle = median(samples)
  if (middle === undefined) return ''
  const [least, most] = [Math.min(...samples), Math.max(...samples)]
  const range =
    quantity(least, unit) === quantity(most, unit)
      ? ''
      : ` (${bare(least, unit)}–${bare(most, unit)})`
  return `${quantity(middle, unit)}${range}`
}

function quantity(value: number, unit: Unit): string {
  const symbol = isSmall(value, unit) ? 'kB' : symbols[unit]
  return `${bare(value, unit)} ${symbol}`
}

const symbols: Readonly<Record<Unit, string>> = {
  ms: 's',
  latency: 'ms',
  bytes: 'MB',
  percent: '%',
}

/** In seconds, in milliseconds, or in megabytes of 10^6 bytes; small sizes with one more digit, or in kilobytes. */
function bare(value: number, unit: Unit): string {
  if (unit === 'latency') return value.toFixed(1)
  if (unit === 'percent') return value.toFixed(2)
  if (unit === 'ms' || isSmall(value, unit)) return (value / 1000).toFixed(1)
  return (value / 1e6).toFixed(value < 10e6 ? 2 : 1)
}

function isSmall(value: number, unit: Unit): boolean {
  return unit === 'bytes' && value < 100e3
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
