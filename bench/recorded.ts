import { readIfThere } from '../src/files/absence.ts'
import { type Report, reportFigures } from './report.ts'
import { type Row, type Topic, topics } from './rows.ts'
import type { Setting } from './setting.ts'

/** The newest run of each topic: figures of different days stand together, each with its own setting. */
export type Recorded = Readonly<Partial<Record<Topic, Report>>>

/** What `docs/benchmarks.json` holds; nothing where there is no such file. */
export async function readRecorded(path: string): Promise<Recorded> {
  const text = await readIfThere(path)
  return text === undefined ? {} : (JSON.parse(text) as Recorded)
}

/** What is recorded once a run took the place of the older figures of its topics, and of no other. */
export function withRun(recorded: Recorded, { setting, rows }: Report): Recorded {
  const sections = topics.flatMap((topic): [Topic, Report][] => {
    const measured = rows.filter((row) => row.topic === topic)
    const section = measured.length > 0 ? { setting, rows: measured } : recorded[topic]
    return section === undefined ? [] : [[topic, section]]
  })
  return Object.fromEntries(sections)
}

export function recordedJson(recorded: Recorded): string {
  const sections = Object.entries(recorded).map(([topic, report]) => [topic, reportFigures(report)])
  return `${JSON.stringify(Object.fromEntries(sections), undefined, 2)}\n`
}

export function rowsOf(recorded: Recorded): Row[] {
  return Object.values(recorded).flatMap(({ rows }) => rows)
}

/** Each setting once, with the topics that were measured in it. */
export function settingsOf(recorded: Recorded): { setting: Setting; topics: Topic[] }[] {
  const settings: { setting: Setting; topics: Topic[] }[] = []
  for (const topic of topics) {
    const setting = recorded[topic]?.setting
    if (setting === undefined) continue
    const same = settings.find((other) => other.setting.date === setting.date)
    if (same) same.topics.push(topic)
    else settings.push({ setting, topics: [topic] })
  }
  return settings
}
