// What ends the processes of a host that has died: a program for `sh`. Said to the shell that each host keeps, and to one
// that an observed process starts for itself if its host has died before it could tell that shell.

export const GUARD_SHELL = '/bin/sh';
/**
 * A session of its own: what the terminal sends to the host must not end the guard first. Nothing of the host's in its
 * environment, and no folder that it would keep from being removed.
 */
export const GUARD_OPTIONS = {
  stdio: ['pipe', 'ignore', 'ignore'] as ['pipe', 'ignore', 'ignore'],
  detached: true,
  env: {},
  cwd: '/',
};

/**
 * Reads lines until its standard input ends, which happens whenever the process that holds the other end dies. `+ 12` and
 * `- 12` add and remove a process group; `! 12` ends one at once. At the end, the script kills what is left of every group,
 * and whatever left the group but is still in the session that its first process leads, as a shell's background jobs are
 * (only where /proc tells). A process that is just being forked can escape a signal to its group, so it looks again until
 * nothing is left, at most 200 times. Builtins only: there is nothing to start that could fail by then.
 */
export const GUARD_SCRIPT = `
groups=' '
forget() {
  case $groups in *" $1 "*) groups="\${groups%%" $1 "*} \${groups#*" $1 "}" ;; esac
}
sweep() {
  wanted=" $1 "
  passes=0
  left=yes
  while [ -n "$left" ] && [ $passes -lt 200 ]; do
    passes=$((passes + 1))
    left=
    for group in $wanted; do kill -KILL -- "-$group" 2>/dev/null && [ ! -e /proc/self/stat ] && left=yes; done
    for stat in /proc/[0-9]*/stat; do
      { read -r line < "$stat"; } 2>/dev/null || continue
      pid=\${line%% *}
      set -- \${line##*) }
      [ "$1" = Z ] && continue
      case $wanted in *" $3 "* | *" $4 "*)
        kill -KILL "$pid" 2>/dev/null
        left=yes ;;
      esac
    done
  done
}
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) forget "$group" ;;
    !) forget "$group"; sweep "$group" ;;
  esac
done
[ "$groups" = ' ' ] || sweep "$groups"
`;
