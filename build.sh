#!/usr/bin/env bash
# The words of build.ps1, for machines where there may be no PowerShell:
#   ./build.sh [build|test|package|demo|docs|bench|clean] [-Configuration Debug|Release]
# Finds PowerShell 7.6 or restores it as a .NET tool, and hands over to build.ps1. Where neither can be had it does
# what .NET alone can do, and says what it left out. P2PSHARE_NO_PWSH=1 has it do without even where there is one.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$root"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

task=${1:-build}
[ $# -gt 0 ] && shift
case $task in
  build | test | package | demo | docs | bench | clean) ;;
  *)
    echo "build.sh: '$task' is none of build, test, package, demo, docs, bench, clean." >&2
    exit 2
    ;;
esac

step() { printf '==> %s\n' "$*"; }

have() { command -v "$1" >/dev/null 2>&1; }

if ! have dotnet; then
  echo "build.sh: the .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
  exit 1
fi

# What the interoperability and the network tests need; without it they skip themselves and say so. And a linker: without
# one the program is not compiled to machine code, and starts more slowly.
install_test_tools() {
  local python package packages=(python3-libtorrent)
  # Debian's module belongs to Debian's Python, which need not be the first on the PATH.
  for python in python3 /usr/bin/python3; do
    if have "$python" && "$python" -c 'import libtorrent' >/dev/null 2>&1; then packages=(); fi
  done
  have python3 || packages+=(python3)
  have clang || have gcc || packages+=(gcc libc6-dev)
  have nft || packages+=(nftables)
  if ! have ip || ! have tc; then packages+=(iproute2); fi
  if [ "${#packages[@]}" = 0 ] || [ "$(id -u)" != 0 ] || ! have apt-get; then return; fi
  step "installing ${packages[*]} for the program and its tests"
  export DEBIAN_FRONTEND=noninteractive
  timeout 300 apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null 2>&1 && return
  timeout 120 apt-get update -qq >/dev/null 2>&1 || true
  # One by one: a package that there is not must not cost the others.
  for package in "${packages[@]}"; do
    timeout 300 apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
      echo "$package could not be installed; the tests that need it skip themselves."
  done
}

# Sets the array pwsh to the command that starts PowerShell 7.6 or later; fails when there is none.
find_pwsh() {
  [ "${P2PSHARE_NO_PWSH:-}" != 1 ] || return 1
  local recent='if ($PSVersionTable.PSVersion -lt [semver]"7.6.0") { exit 1 }'
  if have pwsh && pwsh -NoProfile -NonInteractive -Command "$recent" >/dev/null 2>&1; then
    pwsh=(pwsh)
    return 0
  fi

  step "no PowerShell 7.6 on the PATH; restoring it as a .NET tool"
  if timeout 300 dotnet tool restore >/dev/null 2>&1 && dotnet tool run pwsh -NoProfile -NonInteractive -Command "$recent" >/dev/null 2>&1; then
    pwsh=(dotnet tool run pwsh)
    return 0
  fi

  return 1
}

configuration=Release
arguments=()
parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      -Configuration | -configuration)
        case ${2:-} in
          [Dd]ebug) configuration=Debug ;;
          [Rr]elease) configuration=Release ;;
          *)
            echo "build.sh: -Configuration is Debug or Release." >&2
            exit 2
            ;;
        esac
        shift 2
        ;;
      *)
        arguments+=("$1")
        shift
        ;;
    esac
  done
}

build() {
  step "build $configuration"
  dotnet build P2PShare.PowerShell.sln -c "$configuration" --nologo -v quiet
  step "module -> $root/output/P2PShare"
  rm -rf output/P2PShare
  # For this machine it is compiled ahead of time, where the compiler for that can be had.
  local ahead=() rid
  if [ "$configuration" = Release ]; then
    rid=$(dotnet msbuild src/P2PShare.PowerShell -getProperty:NETCoreSdkRuntimeIdentifier)
    ahead=(-r "$rid" -p:PublishReadyToRun=true)
    if dotnet restore src/P2PShare.PowerShell "${ahead[@]}" --nologo -v quiet >/dev/null 2>&1; then
      ahead+=(--self-contained false -p:AppendRuntimeIdentifierToOutputPath=false)
    else
      # What failed is written down, and would fail the publishing too.
      dotnet restore src/P2PShare.PowerShell --nologo -v quiet
      echo "The module is not compiled ahead of time, so it starts more slowly."
      ahead=()
    fi
  fi
  dotnet publish src/P2PShare.PowerShell -c "$configuration" --no-build --nologo -v quiet -o output/P2PShare ${ahead[@]+"${ahead[@]}"}
  if [ -n "$(find output/P2PShare -name System.Management.Automation.dll)" ]; then
    echo "build.sh: System.Management.Automation.dll is in the module." >&2
    exit 1
  fi
  rm -f output/P2PShare/*.deps.json output/P2PShare/P2PShare.*.xml
  if [ -d module ]; then cp -R module/. output/P2PShare/; fi
  cp LICENSE output/P2PShare/
  step "program -> $root/output/cli"
  rm -rf output/cli
  # Naming the runtime has it compiled ahead of time; it was built without, and its files stand where they stood.
  ahead=()
  if [ "$configuration" = Release ]; then
    ahead=(-r "$(dotnet msbuild src/P2PShare.Cli -getProperty:NETCoreSdkRuntimeIdentifier)" -p:AppendRuntimeIdentifierToOutputPath=false)
  fi
  dotnet publish src/P2PShare.Cli -c "$configuration" --no-build --nologo -v quiet -o output/cli "${ahead[@]}"
}

# Writes "passed failed" and then a line for each failed and each skipped test of a .trx file.
read_trx() {
  tr '\n' ' ' <"$1" | sed 's/> *</>\n</g' | awk -v suite="$2" '
    function attribute(name,   found) {
      if (!match($0, " " name "=\"[^\"]*\"")) return ""
      found = substr($0, RSTART, RLENGTH)
      sub("^ " name "=\"", "", found); sub("\"$", "", found)
      return found
    }
    function plain(text) {
      gsub(/<[^>]*>/, "", text); gsub(/&quot;/, "\"", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&#xD;|&#xA;/, " ", text)
      gsub(/&amp;/, "\\&", text); gsub(/^ +| +$/, "", text)
      return text
    }
    /^<Counters / { passed = attribute("passed"); failed = attribute("failed") + attribute("error") + attribute("timeout") + attribute("aborted") }
    /^<UnitTestResult / && attribute("outcome") ~ /^(NotExecuted|Failed)$/ {
      word = attribute("outcome") == "Failed" ? "Failed" : "Skipped"; name = plain(attribute("testName")); reason = "no reason given"
    }
    (/^<StdOut>/ && word == "Skipped" || /^<Message>/) && name != "" { reason = plain($0) }
    name != "" && (/^<\/UnitTestResult>/ || /^<UnitTestResult .*\/>/) { lines[++count] = word ": " suite ": " name ": " reason; name = "" }
    END { print passed + 0, failed + 0; for (i = 1; i <= count; i++) print lines[i] }'
}

# Adds to the variables passed, failed, skipped and notes of run_tests.
run_network_tests() {
  step "network"
  local code=0 line counts=output/test-results/network.txt
  if ! have python3; then
    notes+=("Skipped: network: there is no python3")
    skipped=$((skipped + 1))
    return
  fi
  timeout 1800 python3 tests/network/run.py | tee "$counts" || code=$?
  while IFS= read -r line; do notes+=("$line"); done < <(grep -E '^(Failed|Skipped): ' "$counts" || true)
  if [[ $(tail -n 1 "$counts") =~ ^network:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    if [ "$code" = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ]; then return; fi
  fi
  notes+=("Failed: network: tests/network/run.py ended with exit code $code")
  failed=$((failed + 1))
}

run_tests() {
  build
  rm -rf output/test-results
  mkdir -p output/test-results
  local passed=0 failed=0 skipped=0 notes=() project suite code counts suite_passed suite_failed line
  for project in tests/*/*.Tests.csproj; do
    suite=$(basename "$project" .csproj)
    step "$suite"
    code=0
    # The tests of the program run what was published, not what the compiler left beside them.
    P2PSHARE_PROGRAM=$root/output/cli/p2pshare dotnet test "$project" -c "$configuration" --no-build --nologo -v quiet --results-directory output/test-results \
      --logger "trx;LogFileName=$suite.trx" --blame-hang-timeout 15m --blame-hang-dump-type none || code=$?
    suite_passed=0 suite_failed=0
    if [ -f "output/test-results/$suite.trx" ]; then
      counts=$(read_trx "output/test-results/$suite.trx" "$suite")
      read -r suite_passed suite_failed <<<"$counts"
      while IFS= read -r line; do
        [ -z "$line" ] || notes+=("$line")
        [[ $line != Skipped:* ]] || skipped=$((skipped + 1))
      done <<<"$(tail -n +2 <<<"$counts")"
    fi
    if [ "$code" != 0 ] && [ "$suite_failed" = 0 ]; then
      notes+=("Failed: $suite: dotnet test ended with exit code $code")
      suite_failed=1
    fi
    passed=$((passed + suite_passed)) failed=$((failed + suite_failed))
  done

  run_network_tests

  for project in tests/module/*.Tests.ps1; do
    [ -f "$project" ] || continue
    notes+=("Skipped: Pester: $(basename "$project"): no PowerShell 7.6 on this machine")
    skipped=$((skipped + 1))
  done
  if [ "${#notes[@]}" -gt 0 ]; then printf '%s\n' "${notes[@]}"; fi
  echo "Without PowerShell the module was built and packed but not imported, and its about topics were not made."
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}

if [ "$task" = test ]; then install_test_tools; fi

if find_pwsh; then
  exec "${pwsh[@]}" -NoProfile -NonInteractive -File build.ps1 "$task" "$@"
fi

step "no PowerShell 7.6 can be had here: doing what .NET alone can"
parse_arguments "$@"
case $task in
  build)
    build
    echo "Left out: the module's about topics, which take PowerShell to make."
    ;;
  test) run_tests ;;
  demo)
    build
    output/cli/p2pshare demo ${arguments[@]+"${arguments[@]}"}
    ;;
  bench)
    [ "${#arguments[@]}" -gt 0 ] || arguments=(--filter '*')
    dotnet run -c Release --project tests/P2PShare.Benchmarks -- --artifacts output/benchmarks "${arguments[@]}"
    ;;
  clean) rm -rf output src/*/bin src/*/obj tests/*/bin tests/*/obj tests/*/TestResults ;;
  package | docs)
    echo "build.sh: '$task' takes PowerShell 7.6: https://aka.ms/powershell" >&2
    exit 1
    ;;
esac
