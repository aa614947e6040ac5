// What ends the processes of a host that has died: a program for `sh`. Said to the shell that each host keeps, and to one
// that an observed process starts for itself if its host has died before it could tell that shell.

export const GUARD_SHELL = '/bin/sh';

/**
 * Reads lines until its standard input ends, which comes at any death of the process that holds the other end. `+ 12` and
 * `- 12` add and remove a process group, and `! 12` ends one at once. At the end each is ended that is left, and what left
 * the group but not the session that the group's first process leads (as a shell's background jobs do), where /proc tells of
 * that. A process that is just being forked can escape a signal to its group: so until none is left, if not for ever.
 * Builtins alone: nothing is started that could fail by then.
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
