import { Listr } from 'listr2'
import type { StageEvent } from '../pipeline/store.ts'

export type ProgressStyle = 'terminal' | 'plain' | 'json'

/** Shows what a long command does: `emit` takes its events, `done` waits until all is shown. */
export type Progress = { emit(event: StageEvent): void; done(): Promise<void> }

/** A live list on a terminal, a plain log elsewhere, one JSON object per line with `--json`. */
export function chooseStyle(json: boolean): ProgressStyle {
  if (json) return 'json'
  return process.stderr.isTTY && !process.env.CI ? 'terminal' : 'plain'
}

/** `steps` are the names and titles that may come, in their order. */
export function showProgress(
  style: ProgressStyle,
  steps: Readonly<Record<string, string>>,
): Progress {
  if (style === 'terminal') return terminalProgress(steps)
  return {
    emit: style === 'json' ? emitJson : emitPlain,
    done: async () => {},
  }
}

function emitJson(event: StageEvent): void {
  const failed = event.type === 'failed' ? { error: String(event.error) } : {}
  process.stdout.write(
    `${JSON.stringify({ ...event, ...failed, time: new Date().toISOString() })}\n`,
  )
}

function emitPlain(event: StageEvent): void {
  const text = plainText(event)
  if (text !== undefined) process.stderr.write(`${text}\n`)
}

function plainText(event: StageEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `  ${event.title} …`
    case 'finished':
      return event.reason.kind === 'cached'
        ? `= ${event.title} (kept)`
        : `+ ${event.title} (${seconds(event.tookMs)})`
    case 'failed':
      return `! ${event.title}`
    case 'stopped':
      return `- ${event.title} (stopped)`
    case 'progress':
      return undefined
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

type Step = {
  readonly ended: PromiseWithResolvers<StageEvent | undefined>
  show: ((event: StageEvent) => void) | undefined
}

function terminalProgress(steps: Readonly<Record<string, string>>): Progress {
  const byName = new Map<string, Step>(
    Object.keys(steps).map((name) => [
      name,
      { ended: Promise.withResolvers<StageEvent | undefined>(), show: undefined },
    ]),
  )
  const list = new Listr(
    Object.entries(steps).map(([name, title]) => ({
      title,
      task: async (_, task) => {
        const step = byName.get(name)
        if (!step) return
        step.show = (event) => {
          if (event.type === 'progress') task.output = event.text
        }
        const last = await step.ended.promise
        if (last === undefined || last.type === 'stopped') task.skip(title)
        else if (last.type === 'failed') throw new Error(title)
        else if (last.type === 'finished')
          task.title =
            last.reason.kind === 'cached' ? `${title} (kept)` : `${title} (${seconds(last.tookMs)})`
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      collectErrors: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: true, showErrorMessage: false },
    },
  )
  const shown = list.run()
  return {
    emit: (event) => {
      const step = byName.get(event.stage)
      if (!step) emitPlain(event)
      else if (event.type !== 'started' && event.type !== 'progress') step.ended.resolve(event)
      else step.show?.(event)
    },
    done: async () => {
      for (const { ended } of byName.values()) ended.resolve(undefined)
      await shown
    },
  }
}
