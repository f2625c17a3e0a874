import type { SeccompProfile, SeccompRule } from './oci-profile.ts'

const EPERM = 1
const ENOSYS = 38

/** clone(2)'s flags for new namespaces: mount, cgroup, UTS, IPC, user, PID, network. */
const namespaceFlags =
  0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
const AF_VSOCK = 40
/** PER_LINUX, PER_LINUX32, UNAME26, both of the last, and 0xffffffff, which only asks. */
const harmlessPersonalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]

/**
 * An allow list for containers with Docker's default capabilities: what programs need, without
 * what changes the kernel, its clock, its modules, other processes' memory or namespaces.
 */
export const defaultSeccompProfile: SeccompProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: EPERM,
  architectures:
    process.arch === 'arm64'
      ? ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']
      : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    {
      action: 'SCMP_ACT_ALLOW',
      names: words(`
        access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3
        faccessat faccessat2 fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2
        fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr
        fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat
        getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init
        inotify_init1 inotify_rm_watch ioctl lchown lchown32 lgetxattr link linkat listxattr
        listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat
        mknod mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2 pread64 preadv
        preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr
        removexattrat rename renameat renameat2 rmdir sendfile sendfile64 setxattr setxattrat
        splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee
        truncate truncate64 umask unlink unlinkat ustat utime utimensat utimensat_time64 utimes
        vmsplice write writev cachestat chroot`),
    },
    {
      action: 'SCMP_ACT_ALLOW',
      names: words(`
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
        epoll_wait_old eventfd eventfd2 io_cancel io_destroy io_getevents io_pgetevents
        io_pgetevents_time64 io_setup io_submit poll ppoll ppoll_time64 pselect6 pselect6_time64
        select _newselect signalfd signalfd4`),
    },
    {
      action: 'SCMP_ACT_ALLOW',
      names: words(`
        brk get_mempolicy madvise map_shadow_stack mbind membarrier memfd_create memfd_secret
        mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall
        munmap pkey_alloc pkey_free pkey_mprotect process_madvise process_mrelease
        remap_file_pages set_mempolicy set_mempolicy_home_node
        ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
        mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop
        semtimedop_time64 shmat shmctl shmdt shmget`),
    },
    {
      action: 'SCMP_ACT_ALLOW',
      names: words(`
        arch_prctl capget capset execve execveat exit exit_group fork get_robust_list
        get_thread_area getcpu getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
        getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid
        getresuid32 getrlimit getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill
        landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt pause
        pidfd_getfd pidfd_open pidfd_send_signal prctl prlimit64 ptrace process_vm_readv
        process_vm_writev restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
        rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
        rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
        sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
        sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address
        setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setpgid
        setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
        setreuid32 setrlimit setsid setuid setuid32 sigaltstack sigprocmask sigreturn sysinfo
        tgkill times tkill ugetrlimit uname vfork wait4 waitid waitpid uretprobe
        futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake`),
    },
    {
      action: 'SCMP_ACT_ALLOW',
      names: words(`
        accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom
        recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown
        socketcall socketpair getrandom
        adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64
        clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer
        gettimeofday nanosleep setitimer time timer_create timer_delete timer_getoverrun
        timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
        timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`),
    },
    // Host-wide sockets of the hypervisor have no namespace.
    {
      action: 'SCMP_ACT_ALLOW',
      names: ['socket'],
      args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }],
    },
    ...harmlessPersonalities.map(
      (value): SeccompRule => ({
        action: 'SCMP_ACT_ALLOW',
        names: ['personality'],
        args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }],
      }),
    ),
    {
      action: 'SCMP_ACT_ALLOW',
      names: ['clone'],
      args: [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    },
    // Its flags are behind a pointer that a filter cannot follow; without it libc uses clone.
    { action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, names: ['clone3'] },
  ],
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
