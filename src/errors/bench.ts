import { defineErrors } from './error.ts'

/** Errors of the benchmark. */
export const benchErrors = defineErrors({
  SLIPWAY_BENCH_TOPIC_UNKNOWN: {
    message: '"{topic}" is nothing that is measured',
    next: 'Give --only one of: {known}.',
    exitStatus: 2,
  },
  SLIPWAY_BENCH_PEER_NEEDS_ROOT: {
    message: 'the tree that mkosi runs in can be made by root only',
    next: 'Run the same command as root, or leave mkosi out with --skip-peer.',
  },
  SLIPWAY_BENCH_BUILD_FAILED: {
    message: 'the build that was to be timed failed: {output}',
    next: 'Run npx slipway build: it shows the same failure, with its place.',
  },
  SLIPWAY_BENCH_NO_ANSWER: {
    message: 'the container of {name} has not answered at {url} after {seconds} s\n{log}',
    next: 'The lines above are the last ones of the console.',
  },
  SLIPWAY_BENCH_MEMORY_UNREADABLE: {
    message: '{name} did not report its memory: {text}',
  },
  SLIPWAY_BENCH_SCRIPT_FAILED: {
    message: 'a script on the host ended with status {exitStatus}: {script}\n{output}',
  },
  SLIPWAY_BENCH_ENGINE_FAILED: {
    message: 'the lines did not run with {name}: {lines}\n{words}',
  },
  SLIPWAY_BENCH_LINES_LOST: {
    message: 'the log of {name} has {found} of {written} lines',
  },
  SLIPWAY_BENCH_PROVISIONING_FAILED: {
    message: 'a directory was not provisioned by {config}: {reason}',
  },
  SLIPWAY_BENCH_UPDATE_FAILED: {
    message: 'the host was to update by {wanted}, and did by {found}: {output}\n{journal}',
  },
})
