/** The resource limits of getrlimit(2) that a container may have, as Docker and Compose call them. */
export const ulimitNames: readonly string[] =
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  )
