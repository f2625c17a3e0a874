import type { AccountsStep, Step } from './step.ts'

/** What a step does, for the console and for plans. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case 'accounts':
      return `changing users and groups: ${accountNames(step).join(', ')}`
    case 'link':
      return `linking ${step.path} to ${step.target}`
    case 'unmask':
      return `unmasking ${step.path}`
    case 'disable':
      return `disabling ${step.unit}`
    case 'lines':
      return `adding lines to ${step.path}`
    default:
      return `writing ${step.kind} ${step.path}`
  }
}

function accountNames({ passwd: { groups = [], users = [] } }: AccountsStep): string[] {
  return [...new Set([...groups, ...users].map(({ name }) => name))]
}
