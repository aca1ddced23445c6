# Compiler settings that every target of the project shares.
option(PINWHEEL_BUILD_DESKTOP "Build the desktop application (needs Qt 6 and VTK)" ON)
option(PINWHEEL_BUILD_TESTS "Build the tests (needs Qt 6 Test)" ON)
option(PINWHEEL_BUILD_BENCHMARKS "Build the benchmarks (needs Google Benchmark)" ON)
option(PINWHEEL_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" OFF)
set(PINWHEEL_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(PINWHEEL_CCACHE ccache)
if(PINWHEEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A precompiled header defeats ccache's default time checks; its content is hashed all the same.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${PINWHEEL_CCACHE}")
endif()

# Settings that the project's own code is compiled with; borrowed headers are SYSTEM and stay silent.
add_library(pinwheel_settings INTERFACE)
target_compile_options(pinwheel_settings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wconversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>,$<BOOL:${PINWHEEL_CCACHE}>>:-fpch-preprocess>)
# GCC 12 sees overlapping copies in every text + std::string (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651, mended
# in 13): pages of them in a release build, and none is one.
target_compile_options(pinwheel_settings INTERFACE
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,12>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
target_compile_definitions(pinwheel_settings INTERFACE QT_NO_KEYWORDS)
if(PINWHEEL_WARNINGS_AS_ERRORS)
  target_compile_options(pinwheel_settings INTERFACE -Werror)
endif()
if(PINWHEEL_SANITIZE)
  target_compile_options(pinwheel_settings INTERFACE -fsanitize=${PINWHEEL_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(pinwheel_settings INTERFACE -fsanitize=${PINWHEEL_SANITIZE})
endif()
