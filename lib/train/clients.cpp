#include "train/clients.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.hpp"
#include "core/parts.hpp"
#include "core/random.hpp"
#include "train/trainer.hpp"

namespace normrun::train {
namespace {

constexpr Index kMostClients = 1024;
constexpr std::uint64_t kSeedStep = 0x9E3779B97F4A7C15U;  // so large that no two runs of a sweep share the numbers of a client

/// Returns the training rows in the order in which they are divided among the clients.
template <class T>
std::vector<Index> order_of_rows(const TrainingPlan<T>& plan, ClientSplit split) {
  const data::Split<T>& train = plan.data->train;
  std::vector<Index> order(static_cast<std::size_t>(train.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  if (split == ClientSplit::kRandom) RandomStream(plan.seed + kSeedStep, Purpose::kOrder, 0).shuffle(order);
  if (split == ClientSplit::kByClass) {
    if (train.labels.empty()) refuse_usage("train.clients", R"("split": "by-class" needs classes)", R"(use "random" or "sequential")");
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
      return train.labels[static_cast<std::size_t>(a)] < train.labels[static_cast<std::size_t>(b)];
    });
  }
  return order;
}

}  // namespace

void ClientOptions::describe(config::OptionVisitor& visitor) {
  visitor.integer({"count", "how many clients share the training rows; 1: an ordinary training"}, count, {1, kMostClients});
  visitor.integer({"local_steps", "the steps that each client does before the networks are averaged"}, local_steps, {.low = 1});
  visitor.choice({"split",
                  "which rows a client has; all have equal shares.  random: drawn from all rows; by-class: in the order of the classes; "
                  "sequential: as they stand"},
                 split, {{"random", ClientSplit::kRandom}, {"by-class", ClientSplit::kByClass}, {"sequential", ClientSplit::kSequential}});
  visitor.choice(
      {"statistics",
       "the moving statistics after a round.  average: the clients' mean, weighted by rows; first: the first client's; own: each "
       "client keeps its own, and gamma and beta, and the first client's are handed over (FedBN)"},
      statistics, {{"average", ClientStatistics::kAverage}, {"first", ClientStatistics::kFirst}, {"own", ClientStatistics::kOwn}});
}

template <class T>
Clients<T>::Clients(const TrainingPlan<T>& plan) : options_(plan.options->clients) {
  if (plan.data->resample || !plan.options->batch_order.empty())
    refuse_usage("train.clients", "clients have rows of their own, so neither fresh rows nor a given order can be theirs",
                 "leave out data.resample and train.batch_order");
  const std::vector<Index> order = order_of_rows(plan, options_.split);
  if (std::ssize(order) < options_.count)
    refuse_usage("train.clients", "there are " + std::to_string(order.size()) + " training rows", "make count smaller");
  is_own_.assign(static_cast<std::size_t>(plan.network->layout().param_count), false);
  for (const nn::ParamEntry& entry : plan.network->layout().params)
    if (options_.statistics == ClientStatistics::kOwn && entry.role == nn::ParamRole::kNormalization)
      std::fill_n(is_own_.begin() + entry.id.offset, entry.id.size, true);
  clients_.reserve(static_cast<std::size_t>(options_.count));
  for (Index c = 0; c < options_.count; ++c) {
    const Part part = even_part(std::ssize(order), options_.count, c);
    std::vector<Index> rows(order.begin() + part.first, order.begin() + part.first + part.count);
    std::vector<std::int32_t> labels;
    labels.reserve(rows.size());
    for (const Index row : rows)
      if (!plan.data->train.labels.empty()) labels.push_back(plan.data->train.labels[static_cast<std::size_t>(row)]);
    const std::uint64_t seed = plan.seed + kSeedStep * static_cast<std::uint64_t>(c + 2);
    data::Batches batches(*plan.batching, part.count, std::move(labels), plan.data->classes, plan.options->sizes().at_most(part.count),
                          seed);
    batches.start_epoch(0);
    clients_.push_back({.rows = std::move(rows), .batches = std::move(batches), .seed = seed});
  }
}

template <class T>
void Clients<T>::allocate(const nn::Model<T>& initial, std::size_t slots) {
  for (Client& client : clients_) {
    client.model = initial;
    client.slots.resize(slots);
  }
}

template <class T>
Index Clients<T>::steps_per_epoch() const {
  Index most = 0;
  for (const Client& client : clients_) most = std::max(most, client.batches.steps_per_epoch());
  return most;
}

template <class T>
void Clients<T>::start_round(const nn::Model<T>& common) {
  const bool keeps = options_.statistics == ClientStatistics::kOwn;
  for (Client& client : clients_) {
    for (std::size_t i = 0; i < is_own_.size(); ++i)
      if (!is_own_[i]) client.model.params[i] = common.params[i];
    if (!keeps) client.model.state = common.state;
    std::fill(client.slots.begin(), client.slots.end(), T{0});
  }
}

template <class T>
void Clients<T>::take_rows(Client& client, Index step, std::vector<Index>& rows) const {
  const Index per_epoch = client.batches.steps_per_epoch();
  if (step / per_epoch != client.epoch) {
    client.epoch = step / per_epoch;
    client.batches.start_epoch(client.epoch);
  }
  rows.clear();
  for (const Index place : client.batches.step(step % per_epoch)) rows.push_back(client.rows[static_cast<std::size_t>(place)]);
}

/// The average is a running mean, because equal numbers then average to the same bits.
template <class T>
void Clients<T>::end_round(nn::Model<T>& common) const {
  common = clients_.front().model;
  double rows = 0.0;
  for (const Client& client : clients_) {
    rows += static_cast<double>(client.rows.size());
    const T share = static_cast<T>(static_cast<double>(client.rows.size()) / rows);
    for (std::size_t i = 0; i < is_own_.size(); ++i)
      if (!is_own_[i]) common.params[i] += share * (client.model.params[i] - common.params[i]);
    if (options_.statistics != ClientStatistics::kAverage) continue;
    for (std::size_t i = 0; i < common.state.size(); ++i) common.state[i] += share * (client.model.state[i] - common.state[i]);
  }
}

template class Clients<float>;
template class Clients<double>;

}  // namespace normrun::train
