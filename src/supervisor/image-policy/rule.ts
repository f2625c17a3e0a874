import type { Reference } from '../images/types.ts'

/** What an image must be to be used. */
export type Requirement =
  | { readonly kind: 'none' }
  /** Named by its digest: whoever wrote the name chose the content. */
  | { readonly kind: 'digest' }
  /** Signed by one of these keys, as cosign signs. */
  | {
      readonly kind: 'cosign'
      readonly keyFiles: readonly string[]
      /** Whatever repository the signature is for, or if it does not say that. */
      readonly anyRepository: boolean
    }
  | { readonly kind: 'refused' }

/** A requirement for images of a registry, or of the repositories below a name. */
export type Rule = {
  /** `registry`, `registry/path`, or `*` for all that no other rule is for. */
  readonly scope: string
  readonly require: Requirement
}

export const everything = '*'

/** The rule for a repository: of those that are for it, the one of the longest name. */
export function ruleFor(
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  rules: readonly Rule[],
): Rule | undefined {
  const name = `${registry}/${repository}`
  const [longest] = rules
    .filter(({ scope }) => scope === name || name.startsWith(`${scope}/`))
    .toSorted((a, b) => b.scope.length - a.scope.length)
  return longest ?? rules.find(({ scope }) => scope === everything)
}
