import type { ParsedConfig } from '../../ignition-schema/index.ts'
import type { ConfigDocument } from '../assembly/document.ts'
import type { Log } from '../log.ts'
import type { Provider } from '../providers/provider.ts'
import type { TargetRoot } from '../root/target-root.ts'
import type { Fetcher } from '../sources/fetcher.ts'

/** What every stage gets. */
export type StageContext = {
  readonly root: TargetRoot
  readonly provider: Provider
  readonly log: Log
  readonly fetcher: Fetcher
}

/** A part of provisioning; what it gives is what the next one takes. */
export type Stage<Input, Output> = (context: StageContext, input: Input) => Promise<Output>

/** A config that was put together and found right, as text; undefined when there is none. */
export type FetchedConfig =
  | {
      readonly source: string
      readonly text: string
      /** What it was made of, where that is known: problems are told in their words. */
      readonly documents?: readonly ConfigDocument[]
      /** False when all of it is from the image; true unless told. */
      readonly isFromUser?: boolean
    }
  | undefined

export type { ParsedConfig }
