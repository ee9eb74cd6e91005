// Scripts that let a shell complete commands and options.

/** A command as a shell completes it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  /** Words that may follow the command. */
  readonly words: readonly string[];
}

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The script of a shell for the program `jobrelay`. */
export const completionScript = (shell: Shell, commands: readonly CompletedCommand[]): string =>
  SCRIPTS[shell](commands);

const afterCommand = ({ options, words }: CompletedCommand): string =>
  [...options.map((option) => `--${option}`), "--help", ...words].join(" ");

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: (commands) => `# jobrelay completion bash: eval "$(npx jobrelay completion bash)"
_jobrelay() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")}"
  else
    case "\${COMP_WORDS[1]}" in
${commands.map((one) => `      ${one.name}) words="${afterCommand(one)}" ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _jobrelay jobrelay`,
  zsh: (commands) => `#compdef jobrelay
# jobrelay completion zsh: eval "$(npx jobrelay completion zsh)"
_jobrelay() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map(({ name, description }) => `      '${name}:${description.replaceAll("'", "")}'`).join("\n")}
    )
    _describe command commands
    return
  fi
  case "$words[2]" in
${commands.map((one) => `    ${one.name}) compadd -- ${afterCommand(one)}; _files ;;`).join("\n")}
  esac
}
compdef _jobrelay jobrelay`,
  fish: (commands) => `# jobrelay completion fish: npx jobrelay completion fish | source
complete -c jobrelay -f
${commands
  .flatMap(({ name, description, options, words }) => [
    `complete -c jobrelay -n __fish_use_subcommand -a ${name} -d '${description.replaceAll("'", "")}'`,
    ...options.map(
      (option) => `complete -c jobrelay -n '__fish_seen_subcommand_from ${name}' -l ${option}`,
    ),
    ...(words.length === 0
      ? []
      : [`complete -c jobrelay -n '__fish_seen_subcommand_from ${name}' -a '${words.join(" ")}'`]),
  ])
  .join("\n")}`,
};
