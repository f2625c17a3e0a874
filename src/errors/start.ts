import { defineErrors } from './error.ts'

/** Errors of booting an image with a container on the engineer's machine. */
export const startErrors = defineErrors({
  SLIPWAY_START_REGISTRY_FAILED: {
    message: 'the local registry did not start: {output}',
    next: 'Run the command again; if it persists, look for another program that takes all memory or ports.',
  },
  SLIPWAY_START_NO_ANSWER: {
    message: 'the container did not answer at {url} within {seconds} s ({last})',
    next: 'The console’s last lines follow; its whole log is {log}.\n{tail}',
  },
  SLIPWAY_START_WRONG_ANSWER: {
    message: 'the container at {url} answered {status} with an unexpected page',
    next: 'Another program may use the port: choose one with --port.',
  },
  SLIPWAY_START_NOT_CLEAN: {
    message: 'the virtual machine did not power off by itself within {seconds} s; it was ended',
    next: 'The console’s log is {log}.',
  },
})
