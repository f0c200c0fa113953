// Implements EventLog: protocol buffers by hand, framed with masked CRC-32C.
#include "runtime/train/EventLog.h"

#include "runtime/support/Error.h"
#include "runtime/support/File.h"
#include "runtime/support/Output.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace nnc::runtime {

static void addVarint(std::string &to, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

/// A number, as it is in memory.
template <typename T> static void addFixed(std::string &to, T value) {
  to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

enum class Wire { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

static void addKey(std::string &to, int field, Wire type) {
  to += static_cast<char>(field << 3 | static_cast<int>(type));
}

static void addBytes(std::string &to, int field, std::string_view content) {
  addKey(to, field, Wire::Bytes);
  addVarint(to, content.size());
  to += content;
}

/// Of a TFRecord: CRC-32C (Castagnoli), rotated and shifted.
static uint32_t maskedCrc(std::string_view content) {
  static constexpr auto table = [] {
    std::array<uint32_t, 16> result{};
    for (uint32_t i = 0; i < 16; ++i) {
      uint32_t word = i;
      for (int bit = 0; bit < 4; ++bit)
        word = word & 1 ? word >> 1 ^ 0x82f63b78 : word >> 1;
      result[i] = word;
    }
    return result;
  }();
  uint32_t crc = ~0u;
  for (char c : content) {
    crc ^= static_cast<unsigned char>(c);
    crc = table[crc & 15] ^ crc >> 4;
    crc = table[crc & 15] ^ crc >> 4;
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/// An Event at a step, still without content.
static std::string eventAt(int64_t step) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::string event;
  addKey(event, 1, Wire::Fixed64); // wall_time
  addFixed(event, now.count());
  addKey(event, 2, Wire::Varint); // step
  addVarint(event, static_cast<uint64_t>(step));
  return event;
}

/// Adds a Summary.Value to a Summary.
static void addValue(std::string &summary, std::string_view tag, double number) {
  std::string value;
  addBytes(value, 1, tag);
  addKey(value, 2, Wire::Fixed32); // simple_value
  addFixed(value, static_cast<float>(number));
  addBytes(summary, 1, value);
}

EventLog::EventLog(const std::string &folder, int64_t stepsBefore,
                   std::function<void(const std::string &)> warn)
    : warn(std::move(warn)) {
  makeFolder(folder);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const long long seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  char host[256] = "";
  (void)gethostname(host, sizeof host - 1);
  // The reader takes the files in the order of their names.
  for (int number = 0; number < 1000 && descriptor < 0; ++number) {
    path = text("%s/events.out.tfevents.%010lld.%s.%d.%d", folder.c_str(), seconds, host, getpid(),
                number);
    descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST)
      fail("cannot write %s: %s", path.c_str(), systemMessage(errno).c_str());
  }
  std::string version = eventAt(0);
  addBytes(version, 3, "brain.Event:2");
  add(version);
  if (stepsBefore > 0) {
    std::string start = eventAt(stepsBefore + 1);
    addBytes(start, 7, std::string_view("\x08\x01", 2)); // SessionLog: status START
    add(start);
  }
  flush();
}

EventLog::~EventLog() {
  flush();
  if (descriptor >= 0)
    close(descriptor);
}

void EventLog::add(const std::string &event) {
  std::string length;
  addFixed(length, uint64_t{event.size()});
  buffer += length;
  addFixed(buffer, maskedCrc(length));
  buffer += event;
  addFixed(buffer, maskedCrc(event));
  if (buffer.size() > 8192)
    flush();
}

void EventLog::step(const LoggedStep &step) {
  std::string summary, event = eventAt(step.step);
  addValue(summary, "step/loss", step.loss);
  if (!std::isnan(step.rate))
    addValue(summary, "step/lr", step.rate);
  addBytes(event, 5, summary);
  add(event);
}

void EventLog::epoch(int64_t steps, const Measures &training,
                     const std::optional<Measures> &evaluation, const char *evaluated) {
  std::string summary, event = eventAt(steps);
  auto addAll = [&](const std::string &split, const Measures &measures) {
    addValue(summary, split + "/loss", measures.loss);
    for (const Metric &metric : measures.metrics)
      if (metric.shape.empty())
        addValue(summary, split + "/" + metric.name, metric.values[0]);
  };
  addAll("train", training);
  if (evaluation)
    addAll(evaluated, *evaluation);
  addBytes(event, 5, summary);
  add(event);
  flush();
}

void EventLog::flush() {
  if (descriptor < 0)
    return buffer.clear();
  if (int problem = writeAll(descriptor, buffer)) {
    close(descriptor);
    descriptor = -1;
    warn(text("cannot write %s: %s; training goes on without it", path.c_str(),
              systemMessage(problem).c_str()));
  }
  buffer.clear();
}

} // namespace nnc::runtime
