export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  /** An environment, one of some words, or nothing to complete. */
  readonly firstArgument: 'environment' | readonly string[];
  /** After one of `firstArgument`. */
  readonly secondArgument?: 'data source';
}

/** Asked when the key is pressed; quiet and empty when the server cannot be reached. */
const environments = 'wizard list --quiet 2>/dev/null';
const dataSources = 'wizard data list --quiet 2>/dev/null';

export function bashCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, options, firstArgument, secondArgument }) => {
    const words = firstArgument === 'environment' ? `$(${environments})` : firstArgument.join(' ');
    const second = secondArgument
      ? ` [ "$COMP_CWORD" -eq 3 ] && [ "\${current#-}" = "$current" ] && words="$(${dataSources})";`
      : '';
    return `    ${name}) options="${options.join(' ')}"; [ "$COMP_CWORD" -eq 2 ] && [ "\${current#-}" = "$current" ] && words="${words}";${second} ;;`;
  });
  return `# bash completion for wizard
_wizard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" options="" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words $options" -- "$current"))
}
complete -o default -F _wizard wizard
`;
}

export function zshCompletion(commands: readonly CommandWords[]): string {
  const named = commands.map(({ name, description }) => `    ${quoted(`${name}:${description.replaceAll(':', ' ')}`)}`);
  const cases = commands.map(({ name, options, firstArgument, secondArgument }) => {
    const words = firstArgument === 'environment' ? `\${(f)"$(${environments})"}` : firstArgument.join(' ');
    const first = words === '' ? '' : `(( CURRENT == 3 )) && compadd -- ${words}; `;
    const second = secondArgument ? `(( CURRENT == 4 )) && compadd -- \${(f)"$(${dataSources})"}; ` : '';
    return `    ${name}) ${first}${second}compadd -- ${options.join(' ')} ;;`;
  });
  return `#compdef wizard
# zsh completion for wizard
_wizard() {
  local -a commands
  commands=(
${named.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    compadd -- --help --version
    return
  fi
  if [[ "\${words[CURRENT-1]}" == --config ]]; then
    _files
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
}
if [ "\${funcstack[1]}" = "_wizard" ]; then _wizard "$@"; else compdef _wizard wizard; fi
`;
}

export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, options, firstArgument, secondArgument }) => {
    const when = `-n '__fish_seen_subcommand_from ${name}'`;
    const [first, second] = [2, 3].map(
      (place) => `-n '__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq ${place}'`,
    );
    const words = firstArgument === 'environment' ? `(${environments})` : firstArgument.join(' ');
    return [
      `complete -c wizard -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...(words === '' ? [] : [`complete -c wizard -f ${first} -a ${quoted(words)}`]),
      ...(secondArgument ? [`complete -c wizard -f ${second} -a ${quoted(`(${dataSources})`)}`] : []),
      `complete -c wizard -f ${when}`,
      ...options.map(
        (option) => `complete -c wizard ${when} -l ${option.slice(2)}${option === '--config' ? ' -r -F' : ''}`,
      ),
    ];
  });
  const whole = ['help', 'version'].map((option) => `complete -c wizard -n __fish_use_subcommand -l ${option}`);
  return `# fish completion for wizard\n${[...whole, ...lines].join('\n')}\n`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
