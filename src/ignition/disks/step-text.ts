import type { DiskStep } from './step.ts'

/** What a step does, for the console and for plans. */
export function diskStepText(step: DiskStep): string {
  switch (step.kind) {
    case 'wipe-signatures':
      return `wiping what ${step.device} is known by`
    case 'write-table': {
      const parts = [
        ['deleting', step.deleted],
        ['changing', step.updated],
        ['adding', step.added],
      ] as const
      const said = parts.filter(([, numbers]) => numbers.length > 0)
      const changes = said.map(([verb, numbers]) => `${verb} ${numbers.join(', ')}`)
      return `writing the partition table of ${step.device}: ${changes.join('; ')}`
    }
    case 'make-filesystem':
      return `making ${step.format} on ${step.device}`
    case 'create-array':
      return `creating the array ${step.device}`
    case 'assemble-array':
      return `assembling the array ${step.device}`
    case 'format-volume':
      return `encrypting ${step.device} as ${step.name}`
    case 'open-volume':
      return `opening ${step.device} as ${step.name}`
    case 'enroll-tpm':
      return `binding ${step.name} to the TPM`
    case 'bind-tang':
      return step.threshold > 1
        ? `binding ${step.name} to ${step.threshold} of ${[...(step.withTpm ? ['the TPM'] : []), ...step.urls].join(', ')}`
        : `binding ${step.name} to ${step.urls.join(', ')}`
    case 'remove-key':
      return `removing the key by which ${step.name} was made`
  }
}
