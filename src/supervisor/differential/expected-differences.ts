/**
 * Where this engine answers otherwise than Docker's, and means to. A line that refers to an entry must
 * differ in no other way, and must differ: an entry that nothing needs any more fails its test.
 */
export type ExpectedDifference = {
  /** Why it is right that we differ. */
  readonly reason: string
  /** What is taken out of both outputs, before they are compared. */
  readonly without: RegExp
}

export const expectedDifferences = {
  versions: {
    reason: 'two programs have two versions',
    without:
      /^ *(?:Version|Go version|Git commit|Built|OS\/Arch|GitCommit|API version):.*\n|^(?:Server| *containerd| *runc| *docker-init| *Engine):.*\n/gm,
  },
  'ids-of-archives': {
    reason:
      'what is copied out of a container has its own ids, not those that they are on the host',
    without: / \d+\/\d+$/gm,
  },
  'saved-reference': {
    reason: 'of several images to save, ours says which one is not there',
    without: /reference does not exist|No such image: .*/g,
  },
  'exported-root': {
    reason: 'an export of ours has the root itself, whose owner and mode an import keeps',
    without: /^d\S+ 0\/0 0 \.\/\n/gm,
  },
} satisfies Readonly<Record<string, ExpectedDifference>>

export type DifferenceName = keyof typeof expectedDifferences
