import type { Config, Luks } from '../../ignition-schema/index.ts'
import type { LinesStep } from '../steps/step.ts'
import { opensByTpm } from './plan-volume.ts'
import { readUnfinished } from './records.ts'

/** Where the host keeps the key of a volume that its TPM does not open. */
export function keyPath({ name }: Luks): string {
  return `/etc/luks/${name}`
}

/** The lines of crypttab(5) by which the host opens its volumes at every boot. */
export function crypttabSteps(
  { storage }: Config,
  journal: { get(key: string): string | undefined },
): LinesStep[] {
  return (storage?.luks ?? []).flatMap((luks, index): LinesStep[] => {
    const made = readUnfinished(journal, 'luks', luks.name)
    if (made === undefined) return []
    const [key, options] = opensByTpm(luks)
      ? ['none', 'luks,tpm2-device=auto']
      : [keyPath(luks), 'luks']
    const lines = [`${luks.name} UUID=${made.uuid} ${key} ${options}`]
    return [
      { kind: 'lines', at: ['storage', 'luks', index], path: '/etc/crypttab', lines, mode: 0o600 },
    ]
  })
}
