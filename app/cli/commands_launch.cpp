#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/distributed/free_port.h"

namespace pinwheel::cli {
namespace {

using Clock = std::chrono::steady_clock;
// The others find out by themselves whom they lost, and tell it; what hangs longer is ended.
constexpr std::chrono::seconds kGrace(25);

struct Arguments {
  int processes = 2;
  std::vector<std::string> command;
};

// What one process of the training writes, line by line under its rank; rank 0 has the terminal itself.
struct Stream {
  int descriptor = -1;
  std::FILE* to = nullptr;
  std::string line{};
};

struct Process {
  pid_t id = -1;
  bool running = false;
  Stream streams[2];
};

class Launch {
public:
  explicit Launch(const Arguments& arguments) : m_arguments(arguments) {}
  ~Launch() {
    for (Process& process : m_processes) {
      if (process.running) ::kill(process.id, SIGKILL);
      for (Stream& stream : process.streams)
        if (stream.descriptor >= 0) ::close(stream.descriptor);
    }
    if (m_signals >= 0) ::close(m_signals);
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  int run() {
    const auto port = distributed::freePort();
    if (!port) return fail(port.error(), kFailed);
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    // What is ignored stays so (nohup): blocked it would be queued all the same.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_IGN) sigaddset(&watched, signal);
    }
    ::sigprocmask(SIG_BLOCK, &watched, &m_before);
    m_signals = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    m_processes.resize(static_cast<std::size_t>(m_arguments.processes));
    for (int rank = 0; rank < m_arguments.processes; ++rank)
      if (!start(rank, *port))
        return fail({"Rank " + std::to_string(rank) + " cannot be started", std::strerror(errno), "start fewer"},
                    kFailed);
    while (std::any_of(m_processes.begin(), m_processes.end(), [](const Process& p) { return p.running; })) {
      wait();
      if (m_bad && !m_killed && Clock::now() > m_end) {
        m_killed = true;
        sendAll(SIGKILL);
      }
    }
    for (std::size_t rank = 0; rank < m_processes.size(); ++rank)
      for (Stream& stream : m_processes[rank].streams) {
        copy(stream, rank);
        if (!stream.line.empty()) print(stream, rank);
      }
    return m_code;
  }

private:
  bool start(int rank, std::uint16_t port) {
    Process& process = m_processes[static_cast<std::size_t>(rank)];
    int pipes[2][2] = {{-1, -1}, {-1, -1}};
    if (rank > 0)
      for (auto& pipe : pipes)
        if (::pipe2(pipe, O_CLOEXEC) != 0) return false;
    std::vector<std::string> arguments{"pinwheel-cli"};
    arguments.insert(arguments.end(), m_arguments.command.begin(), m_arguments.command.end());
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const std::string size = std::to_string(m_arguments.processes), number = std::to_string(rank);
    ::setenv("RANK", number.c_str(), 1);
    ::setenv("LOCAL_RANK", number.c_str(), 1);
    ::setenv("WORLD_SIZE", size.c_str(), 1);
    ::setenv("LOCAL_WORLD_SIZE", size.c_str(), 1);
    ::setenv("MASTER_ADDR", "127.0.0.1", 1);
    ::setenv("MASTER_PORT", std::to_string(port).c_str(), 1);
    std::fflush(stdout);
    const pid_t parent = ::getpid();
    process.id = ::fork();
    if (process.id < 0) return false;
    if (process.id == 0) {
      // A group of its own: Ctrl-C reaches this program alone, which hands it on once (a second one would quit at
      // once).
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != parent) ::_exit(kFailed);
      ::sigprocmask(SIG_SETMASK, &m_before, nullptr);
      if (rank > 0) {
        ::dup2(pipes[0][1], STDOUT_FILENO);
        ::dup2(pipes[1][1], STDERR_FILENO);
      }
      ::execv("/proc/self/exe", pointers.data());
      ::_exit(kFailed);
    }
    process.running = true;
    std::FILE* const to[] = {stdout, stderr};
    for (std::size_t i = 0; rank > 0 && i < 2; ++i) {
      ::close(pipes[i][1]);
      process.streams[i] = {pipes[i][0], to[i]};
    }
    return true;
  }

  // Until something is written, a signal comes, or half a second is over.
  void wait() {
    std::vector<pollfd> polled{{m_signals, POLLIN, 0}};
    for (const Process& process : m_processes)
      for (const Stream& stream : process.streams)
        if (stream.descriptor >= 0) polled.push_back({stream.descriptor, POLLIN, 0});
    ::poll(polled.data(), polled.size(), 500);
    std::size_t next = 1;
    for (std::size_t rank = 0; rank < m_processes.size(); ++rank)
      for (Stream& stream : m_processes[rank].streams)
        if (stream.descriptor >= 0 && polled[next++].revents != 0) copy(stream, rank, true);
    signalfd_siginfo info{};
    while (::read(m_signals, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      if (info.ssi_signo != SIGCHLD) {
        m_stopping = true;
        sendAll(static_cast<int>(info.ssi_signo) == SIGINT ? SIGINT : SIGTERM);
      }
    for (std::size_t rank = 0; rank < m_processes.size(); ++rank) {
      Process& process = m_processes[rank];
      int status = 0;
      if (!process.running || ::waitpid(process.id, &status, WNOHANG) != process.id) continue;
      process.running = false;
      ended(rank, status);
    }
  }

  // What can be read; once only where more may come later.
  void copy(Stream& stream, std::size_t rank, bool once = false) {
    char bytes[4096];
    while (stream.descriptor >= 0) {
      const ssize_t count = ::read(stream.descriptor, bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        ::close(stream.descriptor);
        stream.descriptor = -1;
        return;
      }
      for (ssize_t i = 0; i < count; ++i)
        if (bytes[i] == '\n')
          print(stream, rank);
        else
          stream.line += bytes[i];
      if (once) return;
    }
  }

  static void print(Stream& stream, std::size_t rank) {
    std::fprintf(stream.to, "[rank %zu] %s\n", rank, stream.line.c_str());
    std::fflush(stream.to);
    stream.line.clear();
  }

  void ended(std::size_t rank, int status) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
    if (WIFEXITED(status) && (code == kDone || code == kStopped)) {
      if (m_code == kDone) m_code = code;
      return;
    }
    if (m_bad) return;  // the others follow the first
    m_bad = true;
    m_end = Clock::now() + kGrace;
    m_code = code;
    std::string how = "exit code " + std::to_string(code);
    if (WIFSIGNALED(status))
      how = "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
    std::fflush(stdout);
    std::fprintf(stderr, "pinwheel-cli: rank %zu of %zu ended with %s; the others are ended too\n", rank,
                 m_processes.size(), how.c_str());
    if (!m_stopping) sendAll(SIGTERM);
  }

  void sendAll(int signal) {
    for (const Process& process : m_processes)
      if (process.running) ::kill(process.id, signal);
  }

  const Arguments& m_arguments;
  std::vector<Process> m_processes;
  sigset_t m_before{};
  int m_signals = -1;
  int m_code = kDone;
  bool m_stopping = false, m_bad = false, m_killed = false;
  Clock::time_point m_end{};
};

int runLaunch(const Arguments& arguments) {
  if (arguments.command.front() != "train")
    return fail({"Only `train` runs on several ranks", "\"" + arguments.command.front() + "\" is one process's",
                 "pinwheel-cli launch --nproc 2 -- train --out DIR"},
                kWrongUsage);
  return Launch(arguments).run();
}

}  // namespace

void addLaunch(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("launch", "Train in several processes of this machine: launch --nproc N -- train ...");
  command->add_option("--nproc", arguments->processes, "Processes; each takes its share of every batch")
      ->required()
      ->check(CLI::Range(1, 4096));
  command->add_option("command", arguments->command, "Behind --: train and its options")->required();
  command->callback([arguments, &exitCode] { exitCode = runLaunch(*arguments); });
}

}  // namespace pinwheel::cli
