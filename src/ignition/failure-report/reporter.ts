import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isAbsence } from '../../files/absence.ts'
import { replaceFile } from '../root/durable.ts'
import { reasonOf } from '../sources/failure.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { sourceName } from '../sources/source-url.ts'
import { configReportAddress } from './address.ts'
import type { FailureReport } from './report.ts'

/** For all tries: a host that stopped has nothing else to do, but whoever reads its console waits. */
const patienceMs = 60_000

/** Until a later run of the program has a network. Only root may read it: an address may have a token in it. */
type Pending = { readonly address: string; readonly report: FailureReport }

/** Tells an address why a host was not provisioned. That it could not be told is logged, and fails nothing. */
export class FailureReporter {
  readonly #fetcher: Fetcher
  readonly #pendingFile: string
  /** The kernel's command line counts before the config. */
  readonly #fromKernel: string | undefined
  #fromConfig: string | undefined

  constructor(fetcher: Fetcher, pendingFile: string, kernelAddress: string | undefined) {
    this.#fetcher = fetcher
    this.#pendingFile = pendingFile
    this.#fromKernel = kernelAddress
  }

  /** A config as it was read, or as it was put together, which may name the address. */
  readonly readConfig = (text: string): void => {
    this.#fromConfig = configReportAddress(text) ?? this.#fromConfig
  }

  /** Sends a report, or keeps it where there is no network yet. Gives whether it waits for one. */
  async tell(report: FailureReport, signal?: AbortSignal): Promise<boolean> {
    const address = this.#fromKernel ?? this.#fromConfig
    if (address === undefined) return false
    const { isOffline, log } = this.#fetcher
    if (!isOffline) {
      await this.#post({ address, report }, signal)
      return false
    }
    try {
      mkdirSync(dirname(this.#pendingFile), { recursive: true })
      const access = { uid: 0, gid: 0, mode: 0o600 }
      replaceFile(this.#pendingFile, JSON.stringify({ address, report }), access)
    } catch (error) {
      log.error(`the report of this failure could not be kept: ${reasonOf(error)}`)
      return false
    }
    log.info(`${sourceName(address)} will be told as soon as there is a network`)
    return true
  }

  /** Sends what an earlier run could not. */
  async tellPending(signal?: AbortSignal): Promise<void> {
    const pending = this.#pending()
    if (pending === undefined) return
    await this.#post(pending, signal)
    rmSync(this.#pendingFile)
  }

  #pending(): Pending | undefined {
    try {
      return JSON.parse(readFileSync(this.#pendingFile, 'utf8')) as Pending
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error
    }
  }

  async #post({ address, report }: Pending, signal: AbortSignal | undefined): Promise<void> {
    const { log } = this.#fetcher
    const patience = AbortSignal.timeout(patienceMs)
    try {
      const status = await this.#fetcher.http(
        address,
        {
          method: 'POST',
          headers: { accept: '*/*', 'content-type': 'application/json' },
          body: `${JSON.stringify(report)}\n`,
        },
        async (answer) => answer.status,
        signal === undefined ? patience : AbortSignal.any([signal, patience]),
      )
      if (status >= 200 && status < 300) log.info(`${sourceName(address)} was told of the failure`)
      else log.error(`${sourceName(address)} was not told of the failure: it answered ${status}`)
    } catch (error) {
      log.error(`${sourceName(address)} was not told of the failure: ${reasonOf(error)}`)
    }
  }
}
