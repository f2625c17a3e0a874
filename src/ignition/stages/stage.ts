import type { ParsedConfig } from '../../ignition-schema/index.ts'
import type { Log } from '../log.ts'
import type { Provider } from '../providers/provider.ts'
import type { TargetRoot } from '../root/target-root.ts'

/** What every stage gets. */
export type StageContext = {
  readonly root: TargetRoot
  readonly provider: Provider
  readonly log: Log
}

/** A part of provisioning; what it gives is what the next one takes. */
export type Stage<Input, Output> = (context: StageContext, input: Input) => Promise<Output>

/** A config that was read and found right, as text; undefined when the user gave none. */
export type FetchedConfig = { readonly source: string; readonly text: string } | undefined

export type { ParsedConfig }
