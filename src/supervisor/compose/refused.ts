const windows = 'it is for Windows'
const realTime = 'the kernel has no real-time groups: set ulimits of rtprio'

/** Keys of a service that the host refuses, each with what to do instead. */
export const refusedInServices = {
  build: 'images are not built on the host: push one to a registry and name it under image',
  cgroup_parent: 'the host has cgroups of its own, one below slipway.slice for each container',
  cpu_count: windows,
  cpu_percent: windows,
  cpu_rt_period: realTime,
  cpu_rt_runtime: realTime,
  credential_spec: windows,
  device_cgroup_rules: 'name the devices under devices',
  external_links: 'containers on one network find each other by name: make that network external',
  gpus: 'the host has no drivers for them: name devices of /dev under devices',
  isolation: windows,
  links: 'services of one network find each other by name: give aliases under networks',
  mem_swappiness: 'cgroups of version 2 have no such limit: set memswap_limit',
  models: 'the host runs no language models: name a server of them under services',
  oom_kill_disable: 'cgroups of version 2 cannot do that: set oom_score_adj',
  post_start: 'what is to run in a container is what its image or command starts',
  pre_stop: 'a container is told by its stop_signal that it is to end',
  provider: 'the host runs containers alone, no programs that provide something else',
  pull_refresh_after: 'write the interval as pull_policy: every_12h',
  runtime: 'there is only crun',
  storage_opt: 'the root of a container has no limit of its own',
  use_api_socket: 'mount the socket of the engine under volumes',
  volumes_from: 'name the volumes under volumes of each service',
} as const
