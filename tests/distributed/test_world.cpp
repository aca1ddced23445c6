// Which rank of how many, from the environments of torchrun and Slurm.
#include <QtTest>
#include <map>

#include "engine/distributed/world.h"
#include "tests/support.h"

using namespace pinwheel;
using distributed::hostsOf;
using distributed::World;
using distributed::worldFrom;

namespace {

using Variables = std::map<std::string, std::string>;

distributed::Environment of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

Variables torchrun() {
  return {{"RANK", "3"},        {"WORLD_SIZE", "4"},      {"LOCAL_RANK", "1"},
          {"MASTER_ADDR", "a"}, {"MASTER_PORT", "29500"}, {"LOCAL_WORLD_SIZE", "2"}};
}

Variables slurm() {
  return {{"SLURM_STEP_ID", "0"},           {"SLURM_PROCID", "5"},      {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "1"},
          {"SLURM_NODELIST", "gpu[07-10]"}, {"SLURM_JOB_ID", "1234567"}};
}

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

}  // namespace

class TestWorld : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void oneProcessWhereNothingSaysMore() {
    for (const Variables& variables :
         {Variables{}, Variables{{"WORLD_SIZE", "1"}}, Variables{{"RANK", "2"}}, with(slurm(), "SLURM_NTASKS", "1"),
          with(slurm(), "SLURM_STEP_ID", ""), with(slurm(), "WORLD_SIZE", "1")}) {
      const auto world = worldFrom(of(variables));
      QVERIFY_OK(world);
      QCOMPARE(world->size, 1);
      QCOMPARE(world->rank, 0);
      QVERIFY(!world->many() && world->first());
    }
  }

  void torchrunsVariables() {
    const auto world = worldFrom(of(torchrun()));
    QVERIFY_OK(world);
    QCOMPARE(world->rank, 3);
    QCOMPARE(world->size, 4);
    QCOMPARE(world->localRank, 1);
    QCOMPARE(world->localSize, 2);
    QCOMPARE(world->address, std::string("a"));
    QCOMPARE(int{world->port}, 29500);
    QVERIFY(world->many() && !world->first());
  }

  // Where torchrun's agent keeps the port for a store of its own.
  void torchrunsAgentHasThePort() {
    const auto world = worldFrom(of(with(torchrun(), "TORCHELASTIC_USE_AGENT_STORE", "True")));
    QVERIFY_OK(world);
    QCOMPARE(int{world->port}, 29501);
    const auto none = worldFrom(of(with(torchrun(), "TORCHELASTIC_USE_AGENT_STORE", "False")));
    QVERIFY_OK(none);
    QCOMPARE(int{none->port}, 29500);
  }

  // A shell in a job of eight tasks is a step of one.
  void anInteractiveStepIsOneProcess() {
    const auto world = worldFrom(of(with(slurm(), "SLURM_STEP_NUM_TASKS", "1")));
    QVERIFY_OK(world);
    QVERIFY(!world->many());
    const auto all = worldFrom(of(with(slurm(), "SLURM_STEP_NUM_TASKS", "8")));
    QVERIFY_OK(all);
    QCOMPARE(all->size, 8);
  }

  void slurmsVariables() {
    const auto world = worldFrom(of(slurm()));
    QVERIFY_OK(world);
    QCOMPARE(world->rank, 5);
    QCOMPARE(world->size, 8);
    QCOMPARE(world->localRank, 1);
    QCOMPARE(world->address, std::string("gpu07"));
    QCOMPARE(int{world->port}, 24567);
    // What is set by hand comes first; a step on some of the job's nodes has a list of its own.
    const auto named = worldFrom(of(with(with(slurm(), "MASTER_ADDR", "head"), "MASTER_PORT", "4000")));
    QVERIFY_OK(named);
    QCOMPARE(named->address, std::string("head"));
    QCOMPARE(int{named->port}, 4000);
    const auto step = worldFrom(of(with(slurm(), "SLURM_STEP_NODELIST", "gpu[09-10]")));
    QVERIFY_OK(step);
    QCOMPARE(step->address, std::string("gpu09"));
  }

  void torchrunComesBeforeSlurm() {
    Variables both = slurm();
    both.merge(torchrun());
    const auto world = worldFrom(of(both));
    QVERIFY_OK(world);
    QCOMPARE(world->size, 4);
  }

  void whatIsMissingIsNamed() {
    for (const char* name : {"RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"})
      QVERIFY_REFUSED(worldFrom(of(with(torchrun(), name, ""))), std::string(name) + " is not set");
    for (const char* name : {"SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODELIST"})
      QVERIFY_REFUSED(worldFrom(of(with(slurm(), name, ""))), std::string(name) + " is not set");
    QVERIFY_REFUSED(worldFrom(of(with(slurm(), "SLURM_JOB_ID", ""))), "MASTER_PORT is not set");
  }

  void whatCannotBeIsNamed() {
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "RANK", "4"))), "RANK and WORLD_SIZE contradict");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "RANK", "0"))), "LOCAL_RANK and RANK contradict");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "LOCAL_WORLD_SIZE", "1"))), "LOCAL_WORLD_SIZE contradicts");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "LOCAL_WORLD_SIZE", "5"))), "LOCAL_WORLD_SIZE contradicts");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "WORLD_SIZE", "0"))), "WORLD_SIZE is 0");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "WORLD_SIZE", "four"))), "WORLD_SIZE is \"four\"");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "RANK", "-1"))), "RANK is \"-1\"");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "RANK", "1x"))), "RANK is \"1x\"");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "MASTER_PORT", "70000"))), "MASTER_PORT is \"70000\"");
    QVERIFY_REFUSED(worldFrom(of(with(torchrun(), "MASTER_PORT", "0"))), "MASTER_PORT is 0");
    QVERIFY_REFUSED(worldFrom(of(with(slurm(), "SLURM_PROCID", "8"))), "SLURM_PROCID and SLURM_NTASKS contradict");
  }

  void slurmsLists_data() {
    QTest::addColumn<QString>("list");
    QTest::addColumn<QStringList>("hosts");
    QTest::newRow("one") << "login" << QStringList{"login"};
    QTest::newRow("two") << "a,b-1" << QStringList{"a", "b-1"};
    QTest::newRow("range") << "node[01-03,7]" << QStringList{"node01", "node02", "node03", "node7"};
    QTest::newRow("wider") << "n[8-11]" << QStringList{"n8", "n9", "n10", "n11"};
    QTest::newRow("padded") << "n[098-101]" << QStringList{"n098", "n099", "n100", "n101"};
    QTest::newRow("suffix") << "r[1-2]-ib,x" << QStringList{"r1-ib", "r2-ib", "x"};
    QTest::newRow("several") << "a[1,3],b[2]" << QStringList{"a1", "a3", "b2"};
  }
  void slurmsLists() {
    QFETCH(QString, list);
    QFETCH(QStringList, hosts);
    const auto found = hostsOf(list.toStdString());
    QVERIFY_OK(found);
    QStringList names;
    for (const std::string& host : *found) names << QString::fromStdString(host);
    QCOMPARE(names, hosts);
  }

  void listsThatAreNone() {
    for (const char* list : {"", "a,,b", "n[1-3", "n1-3]", "n[1-[2]]", "n[3-1]", "n[]", "n[1-]", "n[a-b]", "n[1][2]",
                             "n[0-99999999]", "n[18446744073709551616]"})
      QVERIFY_REFUSED(hostsOf(list), "SLURM_NODELIST");
  }

  void thisProcess() {
    qputenv("PINWHEEL_TEST_VARIABLE", "x");
    QCOMPARE(distributed::processEnvironment()("PINWHEEL_TEST_VARIABLE").value_or(""), std::string("x"));
    qputenv("PINWHEEL_TEST_VARIABLE", "");
    QVERIFY(!distributed::processEnvironment()("PINWHEEL_TEST_VARIABLE"));
  }
};

QTEST_GUILESS_MAIN(TestWorld)
#include "test_world.moc"
