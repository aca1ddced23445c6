#include "engine/training/config.h"

#include <fstream>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;

class TestConfig : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theRecipesAreThereAndValid() {
    qputenv("PINWHEEL_RESOURCES", PINWHEEL_SOURCE_DIR "/resources");
    const auto recipes = listRecipes();
    QVERIFY_OK(recipes);
    QStringList names;
    for (const Recipe& recipe : *recipes) {
      names << QString::fromStdString(recipe.name);
      QVERIFY2(!recipe.summary.empty(), recipe.name.c_str());
      TrainConfig config;
      OptionTable table = describe(config);
      QVERIFY_OK(applyRecipe(recipe.name, table));
      QVERIFY_OK(validate(config));
    }
    QCOMPARE(names, (QStringList{"cifar10", "cifar100", "cifar100-small", "demo", "imagenet"}));
  }

  void thePapersSettings() {
    TrainConfig config;
    OptionTable table = describe(config);
    QVERIFY_OK(applyRecipe("imagenet", table));
    QCOMPARE(config.model.backbone, std::string("resnet18"));
    QCOMPARE(config.model.timeSteps, std::int64_t{4});
    QCOMPARE(config.stc.alpha, 50.0);
    QCOMPARE(config.stc.beta, 50.0);
    QCOMPARE(config.stc.clusters, std::int64_t{10});
    QCOMPARE(config.training.epochs, std::int64_t{300});
    QCOMPARE(config.training.learningRate, 5e-4);
    QCOMPARE(config.sheets.areas[1].trainingMm, 24.5);
    QCOMPARE(config.sheets.areas[1].displayMm, 36.75);
  }

  // What a recipe is made for; only the built-in world needs no folder.
  void recipesSayWhichImagesTheyWant() {
    const std::vector<std::pair<std::string, std::string>> wanted{{"demo", "builtin"},
                                                                  {"cifar10", "cifar10:"},
                                                                  {"cifar100", "cifar100:"},
                                                                  {"cifar100-small", "cifar100:"},
                                                                  {"imagenet", "folder:"}};
    for (const auto& [recipe, source] : wanted) {
      TrainConfig config;
      OptionTable table = describe(config);
      QVERIFY_OK(applyRecipe(recipe, table));
      QCOMPARE(config.data.source, source);
      if (source == "builtin")
        QVERIFY_OK(checkRecipeData(recipe, source));
      else
        QVERIFY_REFUSED(checkRecipeData(recipe, source), "--data " + source + "FOLDER");
    }
    QVERIFY_OK(checkRecipeData("cifar100", "builtin"));
    QVERIFY_OK(checkRecipeData("cifar100", "cifar100:/data"));
  }

  void everyOptionRoundTrips() {
    TrainConfig config;
    OptionTable table = describe(config);
    QVERIFY(table.options().size() > 50);
    QVERIFY_OK(applyRecipe("cifar100-small", table));
    QVERIFY_OK(table.setAssignment("training.learning_rate=0.0012345678901234"));
    const std::string text = table.toToml();
    TrainConfig back;
    OptionTable backTable = describe(back);
    QVERIFY_OK(backTable.readToml(text, "round trip"));
    QCOMPARE(backTable.toToml(), text);
    QCOMPARE(back.training.learningRate, 0.0012345678901234);
    for (const Option& option : table.options()) QVERIFY2(!option.help.empty(), option.key.c_str());
  }

  void ownFilesAndMistakes() {
    QTemporaryDir folder;
    const auto path = test::pathOf(folder, "mine.toml");
    std::ofstream(path) << "# mine\n[stc]\nalpha = 0.25\n";
    TrainConfig config;
    OptionTable table = describe(config);
    QVERIFY_OK(applyRecipe(path.string(), table));
    QCOMPARE(config.stc.alpha, 0.25);
    QVERIFY_REFUSED(applyRecipe("cifar100-smal", table), "did you mean \"cifar100-small\"");
    QVERIFY_REFUSED(applyRecipe("no/such.toml", table), "not there");
    std::ofstream(path) << "[stc]\nalhpa = 0.25\n";
    QVERIFY_REFUSED(applyRecipe(path.string(), table), "stc.alpha");
    QVERIFY_OK(table.setAssignment("sheets.cluster_max_units=10"));
    QVERIFY_REFUSED(validate(config), "cluster_min_units");
  }
};

QTEST_APPLESS_MAIN(TestConfig)
#include "test_config.moc"
