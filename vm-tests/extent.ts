/** Whether this run has the tests too that a single change need not wait for: `slipway test vm --all`. */
export const runsAll = process.env.SLIPWAY_TESTS === 'all'

/** Options of a test that is one of those. */
export const onlyInAll = { skip: runsAll ? false : 'runs with --all' }
