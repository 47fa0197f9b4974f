#pragma once

#include <vector>

#include "config/options/options.hpp"
#include "data/batches.hpp"
#include "data/dataset.hpp"
#include "nn/model.hpp"

namespace normrun::train {

template <class T>
struct TrainingPlan;

/// How the training rows are divided among clients.
enum class ClientSplit {
  kRandom,      // a shuffled order of all rows, cut into equal parts
  kByClass,     // the rows in the order of their classes, cut into equal parts
  kSequential,  // the rows as they stand, cut into equal parts
};
/// What becomes of the clients' moving statistics at the end of a round.
enum class ClientStatistics {
  kAverage,  // their mean, weighted by rows, as for the parameters
  kFirst,    // those of the first client
  kOwn,      // each client keeps its own, with its gamma and beta; the network that the training hands over has the first client's (FedBN)
};

/// Clients that train on rows of their own, several steps at a time, before their networks are averaged.  Source: McMahan et al. 2017,
/// algorithm 1 (FedAvg) with every client in every round; Li et al. 2021 (FedBN).
struct ClientOptions : config::Described {
  Index count = 1;  // 1: there are no clients, and the training is an ordinary one
  Index local_steps = 1;
  ClientSplit split = ClientSplit::kRandom;
  ClientStatistics statistics = ClientStatistics::kAverage;

  void describe(config::OptionVisitor& visitor) override;
};

/// The clients of a training: their rows, networks and slots.
template <class T>
class Clients {
 public:
  struct Client {
    std::vector<Index> rows;  // rows of the training split
    data::Batches batches;    // batches of places in `rows`
    std::uint64_t seed;       // for the client's batches and dropout
    Index epoch = 0;          // the epoch whose order `batches` holds
    nn::Model<T> model = {};
    Buffer<T> slots = {};
  };

  /// Throws Error(kUsage) if the data has no rows to divide, or too few.
  explicit Clients(const TrainingPlan<T>& plan);
  /// Gives each client a network to start from, and slots for its optimizer.
  void allocate(const nn::Model<T>& initial, std::size_t slots);

  std::vector<Client>& all() { return clients_; }
  /// Returns how many steps an epoch takes for the client with the most rows.
  Index steps_per_epoch() const;
  bool starts_round(Index step) const { return step % options_.local_steps == 0; }
  Index step_of_round(Index step) const { return step % options_.local_steps; }
  /// Gives every client the common network, and an optimizer that has done no step.
  void start_round(const nn::Model<T>& common);
  /// Puts into `rows` the rows of the training split that a client reads in a step.
  void take_rows(Client& client, Index step, std::vector<Index>& rows) const;
  /// Averages the clients' networks into the common one.
  void end_round(nn::Model<T>& common) const;
  /// Calls visit for every buffer that a checkpoint must hold.
  template <class Self, class Visit>
  static void each_buffer(Self& self, const Visit& visit) {
    for (auto& client : self.clients_) {
      visit(client.model.params);
      visit(client.model.state);
      visit(client.slots);
    }
  }

 private:
  ClientOptions options_;
  std::vector<bool> is_own_;  // for each parameter, whether each client keeps its own
  std::vector<Client> clients_;
};

}  // namespace normrun::train
