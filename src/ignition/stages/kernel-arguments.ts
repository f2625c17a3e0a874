import { kernelArgumentsErrors } from '../../errors/ignition-kernel-arguments.ts'
import { hasErrors, type ParsedConfig } from '../../ignition-schema/index.ts'
import { readAddOn, removeAddOn, writeAddOn } from '../../update/esp/kernel-arguments-add-on.ts'
import type { Machine } from '../kernel-arguments/machine.ts'
import { planKernelArguments, satisfies, type WantedArguments } from '../kernel-arguments/plan.ts'
import { argumentsIn } from '../kernel-arguments/words.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { Journal } from '../steps/journal.ts'
import { unsupportedParts } from '../unsupported.ts'
import { openFetched } from './fetched-config.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/**
 * Has the kernel started with the arguments that the config wants, by an add-on on the ESP and one reboot, before
 * anything else of the config is carried out. A boot that has them goes on. Throws ConfigRefusedError, and
 * kernelArgumentsErrors where they cannot be had.
 */
export function kernelArgumentsStage(machine: Machine): Stage<FetchedConfig, void> {
  return async ({ root, log }, fetched) => {
    if (fetched === undefined) return
    const parsed = openFetched(fetched)
    if (parsed.config === undefined) throw new ConfigRefusedError(parsed.problems)
    const problems = unsupportedParts(parsed, parsed.config)
    if (hasErrors(problems)) throw new ConfigRefusedError(problems)
    const wanted = parsed.config.kernelArguments ?? {}
    const commandLine = machine.commandLine()
    if (satisfies(commandLine, wanted)) return
    const journal = new Journal(root)
    await machine.withEsp(async (esp) => {
      const addOn = nextAddOn(wanted, commandLine, await readAddOn(esp), parsed)
      // Signed ones only, and an add-on made here is not: the stub would pass it over in silence.
      if (machine.isSecureBootOn())
        throw kernelArgumentsErrors.error('SLIPWAY_IGNITION_KARGS_SECURE_BOOT')
      if (journal.get(journalKey) === addOn)
        throw kernelArgumentsErrors.error('SLIPWAY_IGNITION_KARGS_STILL_MISSING', {
          arguments: addOn,
          commandLine,
        })
      log.info(`rebooting once, for kernel arguments: ${addOn === '' ? 'none of its own' : addOn}`)
      if (addOn === '') await removeAddOn(esp)
      else await writeAddOn(esp, machine.stub(), addOn)
      journal.record(journalKey, addOn)
    })
    await machine.reboot()
  }
}

/** With which add-on a run rebooted last. */
const journalKey = 'kernel arguments'

function nextAddOn(
  wanted: WantedArguments,
  commandLine: string,
  present: string,
  parsed: ParsedConfig,
): string {
  const plan = planKernelArguments(wanted, commandLine, argumentsIn(present))
  if (plan.kind === 'refused')
    throw new ConfigRefusedError(
      plan.findings.map(({ at, message, expected }) =>
        parsed.problem('error', at, message, expected),
      ),
    )
  return plan.kind === 'reboot' ? plan.addOn.join(' ') : present
}
