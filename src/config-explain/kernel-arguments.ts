import { planKernelArguments } from '../ignition/kernel-arguments/plan.ts'
import type { Config } from '../ignition-schema/index.ts'
import { stop } from './outcome.ts'
import { type Case, type ExplainedStep, explained } from './step.ts'

/** The kernel's arguments, each list by what the engine plans for command lines that have it or lack it. */
export function explainKernelArguments({ kernelArguments }: Config): ExplainedStep[] {
  const { shouldExist = [], shouldNotExist = [] } = kernelArguments ?? {}
  const step = (list: 'shouldExist' | 'shouldNotExist', entries: readonly string[]) => {
    const text = entries.join(' ')
    const plan = (commandLine: string) => planKernelArguments({ [list]: entries }, commandLine, [])
    const missing = list === 'shouldExist'
    return explained({
      stage: 'kargs',
      at: ['kernelArguments', list],
      text: missing ? `starting the kernel with ${text}` : `starting the kernel without ${text}`,
      cases: [
        caseOf('its command line has them', plan(text)),
        caseOf('it lacks them', plan('')),
        ...(missing ? [stop('it lacks them and Secure Boot is on')] : []),
      ],
    })
  }
  return [
    ...(shouldExist.length > 0 ? [step('shouldExist', shouldExist)] : []),
    ...(shouldNotExist.length > 0 ? [step('shouldNotExist', shouldNotExist)] : []),
  ]
}

function caseOf(when: string, plan: ReturnType<typeof planKernelArguments>): Case {
  const base = { when, destroys: false, stops: false }
  switch (plan.kind) {
    case 'satisfied':
      return { ...base, result: 'the boot goes on' }
    case 'refused':
      return stop(when, plan.findings[0]?.message)
    case 'reboot':
      return { ...base, result: `one reboot with an add-on on the ESP: ${plan.addOn.join(' ')}` }
  }
}
