import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAbsence } from '../../files/absence.ts'
import { count, JsonShapeError, object, parseJson, text } from '../../json/value.ts'
import type { SlotContents } from '../slot/content.ts'
import type { InstallProgress } from '../slot/write-slot.ts'
import type { AgentHost } from './host.ts'

/** How far the writing of a release is, for who watches. */
export type Progress = {
  readonly version: string
  readonly step: string
  /** Of the slot's content, 0 to 100. */
  readonly percent: number
}

const steps: Readonly<Record<InstallProgress['step'], string>> = {
  clear: 'making room',
  write: 'writing',
  'read-back': 'reading back',
  commit: 'making the boot entry',
}

/** Every tenth goes to the journal, every hundredth to the file. */
const journalStepPercent = 10

/**
 * Tells of an installation's progress by a file below /run, which is small and in memory, and by the journal. Dispose
 * of it when the installation has ended, however it did.
 */
export class ProgressFile implements Disposable {
  readonly #host: Pick<AgentHost, 'log'>
  readonly #file: string
  readonly #version: string
  readonly #totalBytes: number
  readonly #writtenBytes = new Map<string, number>()
  #told: Progress | undefined
  #nextInJournal = journalStepPercent

  constructor(host: Pick<AgentHost, 'log' | 'paths'>, version: string, contents: SlotContents) {
    const { run } = host.paths
    mkdirSync(run, { recursive: true, mode: 0o700 })
    this.#host = host
    this.#file = fileOf(run)
    this.#version = version
    const { usr, verity, signature } = contents
    this.#totalBytes = usr.sizeBytes + verity.sizeBytes + (signature?.sizeBytes ?? 0)
  }

  report(progress: InstallProgress): void {
    if (progress.step === 'write') this.#writtenBytes.set(progress.part, progress.writtenBytes)
    const written = this.#writtenBytes.values().reduce((sum, bytes) => sum + bytes, 0)
    const isWritten = progress.step === 'read-back' || progress.step === 'commit'
    const percent = isWritten ? 100 : Math.floor((written / this.#totalBytes) * 100)
    const step = steps[progress.step]
    if (this.#told?.step === step && this.#told.percent === percent) return
    this.#told = { version: this.#version, step, percent }
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(this.#told)}\n`)
    renameSync(`${this.#file}.new`, this.#file)
    this.#tellJournal(progress, percent)
  }

  [Symbol.dispose](): void {
    rmSync(this.#file, { force: true })
  }

  #tellJournal({ step }: InstallProgress, percent: number): void {
    if (step !== 'write') {
      this.#host.log('info', `${this.#version}: ${steps[step]}`)
      return
    }
    if (percent < this.#nextInJournal) return
    this.#nextInJournal = percent - (percent % journalStepPercent) + journalStepPercent
    this.#host.log('info', `${this.#version}: ${percent} % written`)
  }
}

/** The progress of what is under way; undefined when nothing is. */
export function readProgress(run: string): Progress | undefined {
  try {
    const progress = object(parseJson(readFileSync(fileOf(run))), 'the file')
    return {
      version: text(progress.version, 'version'),
      step: text(progress.step, 'step'),
      percent: count(progress.percent, 'percent'),
    }
  } catch (error) {
    if (error instanceof JsonShapeError || isAbsence(error)) return undefined
    throw error
  }
}

function fileOf(run: string): string {
  return join(run, 'progress.json')
}
