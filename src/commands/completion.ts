import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";

export interface CompletionOptions extends GlobalOptions {
  shell: keyof typeof SCRIPTS;
}

/** Prints what a shell needs to complete jobctl's words: it asks `jobctl complete` at each press of the key, so nothing in it grows old. */
export async function completion({ shell }: CompletionOptions, { stdout }: CommandContext): Promise<number> {
  stdout.write(SCRIPTS[shell]);
  return EXIT.ok;
}

const SCRIPTS = {
  // `-o default`: file names where jobctl knows nothing, as after --manifest (bash(1), Programmable Completion).
  bash: `_jobctl() {
  local IFS=$'\\n'
  COMPREPLY=($(jobctl complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _jobctl jobctl
`,
  // zshcompsys(1): words and CURRENT count from 1, and the first is the program.
  zsh: `#compdef jobctl
_jobctl() {
  local -a found
  found=("\${(@f)$(jobctl complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -a found; else _files; fi
}
compdef _jobctl jobctl
`,
  fish: `function __jobctl_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    jobctl complete -- $words "$current" 2>/dev/null
end
complete -c jobctl -f -a '(__jobctl_complete)'
complete -c jobctl -l manifest -r -F
complete -c jobctl -l state-dir -r -F
`,
} as const;
