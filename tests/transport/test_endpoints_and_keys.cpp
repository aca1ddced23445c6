// Addresses and keys, without a socket.
#include <sys/stat.h>

#include "engine/transport/endpoint.h"
#include "engine/transport/keys.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::transport;

namespace {

mode_t modeOf(const std::filesystem::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

}  // namespace

class TestEndpointsAndKeys : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void addressesOfBothSockets() {
    const auto ipc = parseEndpoint("ipc:///runs/first/live");
    QVERIFY_OK(ipc);
    QCOMPARE(ipc->framesAddress(), std::string("ipc:///runs/first/live.frames"));
    QCOMPARE(ipc->commandsAddress(), std::string("ipc:///runs/first/live.commands"));
    const auto tcp = parseEndpoint("tcp://localhost:5570");
    QVERIFY_OK(tcp);
    QCOMPARE(tcp->framesAddress(), std::string("tcp://127.0.0.1:5570"));
    QCOMPARE(tcp->commandsAddress(), std::string("tcp://127.0.0.1:5571"));
    const auto six = parseEndpoint("tcp://[::1]:0");
    QVERIFY_OK(six);
    QCOMPARE(six->framesAddress(), std::string("tcp://[::1]:*"));
    for (const char* text : {"ipc:///a/b", "tcp://127.0.0.1:1", "tcp://[::1]:0", "tcp://*:0", "tcp://host.lab-3:80"}) {
      const auto endpoint = parseEndpoint(text);
      QVERIFY_OK(endpoint);
      QCOMPARE(endpoint->text(), std::string(text));
    }
  }

  void whatIsNoAddressIsRefused() {
    for (const char* text : {"",
                             "live",
                             "udp://127.0.0.1:1",
                             "ipc://",
                             "ipc://*",
                             "ipc://@name",
                             "tcp://",
                             "tcp://:5",
                             "tcp://127.0.0.1",
                             "tcp://127.0.0.1:",
                             "tcp://127.0.0.1:x",
                             "tcp://127.0.0.1:5x",
                             "tcp://127.0.0.1:-1",
                             "tcp://127.0.0.1:65535",
                             "tcp://127.0.0.1:99999999999999999999",
                             "tcp://::1:5",
                             "tcp://[127.0.0.1]:5",
                             "tcp://[::1:5",
                             "tcp://a b:5",
                             "tcp://a;b:5"})
      QVERIFY_REFUSED(parseEndpoint(text), "cannot be used");
    const std::string longest = "/" + std::string(kMaxIpcPathBytes - 1, 'a');
    QVERIFY_OK(parseEndpoint("ipc://" + longest));
    QVERIFY_REFUSED(parseEndpoint("ipc://" + longest + "a"), "98 bytes, this one has 99");
    QVERIFY_REFUSED(endpointOf("/" + std::string(94, 'a')), "98 bytes");
  }

  void beyondThisMachineOnlyWhenAskedAndWithKeys() {
    for (const char* text :
         {"ipc:///a", "tcp://127.0.0.1:5", "tcp://127.200.3.4:5", "tcp://[::1]:5", "tcp://localhost:5"}) {
      QVERIFY(isLocal(*parseEndpoint(text)));
      QVERIFY_OK(checkServing(*parseEndpoint(text), false, false));
      QVERIFY_OK(checkConnecting(*parseEndpoint(text), false));
    }
    for (const char* text : {"tcp://*:5", "tcp://0.0.0.0:5", "tcp://192.168.1.2:5", "tcp://[::]:5", "tcp://[fe80::1]:5",
                             "tcp://[::ffff:10.0.0.1]:5"}) {
      QVERIFY(!isLocal(*parseEndpoint(text)));
      QVERIFY_REFUSED(checkServing(*parseEndpoint(text), false, false), "was not asked for");
      QVERIFY_REFUSED(checkServing(*parseEndpoint(text), false, true), "was not asked for");
      QVERIFY_REFUSED(checkServing(*parseEndpoint(text), true, false), "no key, no door");
      QVERIFY_OK(checkServing(*parseEndpoint(text), true, true));
    }
    // A name may lead anywhere, and so may what only looks like a number.
    for (const char* text : {"tcp://lab:5", "tcp://127.1:5", "tcp://127.0.0.1.example.org:5"}) {
      QVERIFY(!isLocal(*parseEndpoint(text)));
      QVERIFY_REFUSED(checkServing(*parseEndpoint(text), true, true), "numeric address");
      QVERIFY_REFUSED(checkConnecting(*parseEndpoint(text), false), "with keys only");
      QVERIFY_OK(checkConnecting(*parseEndpoint(text), true));
    }
    QVERIFY_REFUSED(checkConnecting(*parseEndpoint("tcp://127.0.0.1:0"), true), "not one to connect to");
    QVERIFY_REFUSED(checkConnecting(*parseEndpoint("tcp://*:5"), true), "not one to connect to");
  }

  void keysComeBackAndStayPrivate() {
    const QTemporaryDir folder;
    const auto file = test::pathOf(folder, "mine.key");
    const auto keys = makeKeyPair();
    QVERIFY_OK(keys);
    QVERIFY_OK(writeKeyPair(file, *keys));
    QCOMPARE(modeOf(file), mode_t{0600});
    QCOMPARE(modeOf(test::pathOf(folder, "mine.pub")), mode_t{0644});
    const auto read = readKeyPair(file);
    QVERIFY_OK(read);
    QCOMPARE(read->publicKey, keys->publicKey);
    QCOMPARE(read->secretKey, keys->secretKey);
    const auto half = readPublicKey(test::pathOf(folder, "mine.pub"));
    QVERIFY_OK(half);
    QCOMPARE(*half, keys->publicKey);
    std::ifstream publicFile(test::pathOf(folder, "mine.pub"));
    const std::string text((std::istreambuf_iterator<char>(publicFile)), {});
    QVERIFY(text.find(keys->secretKey) == std::string::npos);
    QVERIFY_REFUSED(writeKeyPair(file, *keys), "There is a key already");
    for (const mode_t mode : {0640, 0604, 0660}) {
      QCOMPARE(::chmod(file.c_str(), mode), 0);
      QVERIFY_REFUSED(readKeyPair(file), "others may read it");
    }
    QCOMPARE(::chmod(test::pathOf(folder, "mine.pub").c_str(), 0666), 0);
    QVERIFY_REFUSED(readPublicKey(test::pathOf(folder, "mine.pub")), "others may write there");
  }

  void damagedKeysAreRefused() {
    const QTemporaryDir folder;
    const auto file = test::pathOf(folder, "mine.key");
    const auto keys = makeKeyPair();
    const auto other = makeKeyPair();
    QVERIFY_OK(keys);
    QVERIFY_OK(other);
    const auto put = [&](const std::string& text) {
      test::put(file, text);
      return ::chmod(file.c_str(), 0600) == 0;
    };
    const std::string whole = "public " + keys->publicKey + "\nsecret " + keys->secretKey + "\n";
    QVERIFY(put(whole));
    QVERIFY_OK(readKeyPair(file));
    // Its last byte is a line's end, without which it is whole too.
    for (std::size_t n = 0; n + 1 < whole.size(); ++n) {
      QVERIFY(put(whole.substr(0, n)));
      const auto read = readKeyPair(file);
      QVERIFY2(!read, std::to_string(n).c_str());
    }
    QVERIFY(put("public " + keys->publicKey.substr(1) + "\nsecret " + keys->secretKey + "\n"));
    QVERIFY_REFUSED(readKeyPair(file), "39 letters, a key has 40");
    for (const char* letter : {"~", "\"", "\xff", " "}) {
      QVERIFY(put("public " + std::string(letter) + keys->publicKey.substr(1) + "\nsecret " + keys->secretKey + "\n"));
      QVERIFY_REFUSED(readKeyPair(file), "a letter that Z85 does not have");
    }
    QVERIFY(put("public " + keys->publicKey + "\nsecret " + other->secretKey + "\n"));
    QVERIFY_REFUSED(readKeyPair(file), "do not belong together");
    QVERIFY(put("hello"));
    QVERIFY_REFUSED(readKeyPair(file), "no line that begins with 'public '");
    QVERIFY_REFUSED(readKeyPair(test::pathOf(folder, "none.key")), "cannot be read");
    QVERIFY_REFUSED(readKeyPair(folder.path().toStdString()), "");
  }

  void whoMayDoWhat() {
    const QTemporaryDir parent;
    const auto folder = test::pathOf(parent, "keys");
    QVERIFY_REFUSED(readServerKeys(folder), "make keys with pinwheel-cli keys");
    const auto server = createServerKeys(folder);
    QVERIFY_OK(server);
    QCOMPARE(modeOf(folder), mode_t{0700});
    QCOMPARE(modeOf(folder / "server.key"), mode_t{0600});
    QVERIFY_REFUSED(createServerKeys(folder), "There is a key already");
    const auto read = readServerKeys(folder);
    QVERIFY_OK(read);
    QCOMPARE(read->secretKey, server->secretKey);

    const std::string key = makeKeyPair()->publicKey;
    QVERIFY(!roleOf(folder, key));
    QVERIFY_OK(authorise(folder, Role::watcher, "anna", key));
    QVERIFY(roleOf(folder, key) == Role::watcher);
    QVERIFY(!roleOf(folder, server->publicKey));
    QVERIFY_OK(authorise(folder, Role::controller, "anna", key));
    QVERIFY(roleOf(folder, key) == Role::controller);
    QVERIFY_OK(authorise(folder, Role::watcher, "anna", key));
    QVERIFY(roleOf(folder, key) == Role::watcher);
    QVERIFY_REFUSED(authorise(folder, Role::controller, "../anna", key), "cannot name a key");
    QVERIFY_REFUSED(authorise(folder, Role::controller, "", key), "cannot name a key");
    QVERIFY_REFUSED(authorise(folder, Role::controller, "bob", "short"), "5 letters");
    // A folder that others may write into lets nobody in.
    QCOMPARE(::chmod((folder / "watchers").c_str(), 0777), 0);
    QVERIFY(!roleOf(folder, key));
    QCOMPARE(::chmod((folder / "watchers").c_str(), 0700), 0);
    QVERIFY_OK(withdraw(folder, "anna"));
    QVERIFY(!roleOf(folder, key));
    QVERIFY_REFUSED(withdraw(folder, "anna"), "No key is called 'anna'");
  }
};

QTEST_GUILESS_MAIN(TestEndpointsAndKeys)
#include "test_endpoints_and_keys.moc"
